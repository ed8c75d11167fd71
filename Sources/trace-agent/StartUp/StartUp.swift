import Logging
import Reactor

/// Opens everything in its order, gives up all privileges, and serves until asked to end.
func serve(_ options: Options, _ log: Logger) throws(Failure) {
    try explained(FileDescriptor.fillStandardStreams)
    try explained(FileDescriptor.allowAsManyAsPossible)
    try explained(refuseHugePages)
    SignalFD.ignoreFailedWrites()
    let signals = try explained(SignalFD.ofService)
    let passed = try adoptSockets(log)
    let user = try Identity.toBecome(options, log)
    let tracefs = try Tracefs(at: options.places.tracefs, instance: options.places.instance)
    let settings = try RingSettings(in: tracefs)
    let rings = try openRings(options, in: tracefs)
    let headers = try HeaderBuilder(
        tracefs, rings, symbols: options.places.kallsyms, boot: options.places.bootID)
    if let path = options.record {
        return try record(to: path, options, tracefs, settings, rings, headers, signals, log)
    }
    let ports = Ports(directory: options.places.ports)
    // A service that can be reached otherwise waits for its ports.
    let needsPorts = passed.isEmpty
    var controlTrouble: String?
    let control = try openControl(ports, options, isNeeded: needsPorts, trouble: &controlTrouble)
    var portTroubles: [Int: String] = [:]
    let channels = try openChannels(
        rings, ports, options, areNeeded: needsPorts, pageSize: settings.pageSize, log,
        troubles: &portTroubles)
    let spareRings = rings.filter { ring in !channels.contains { $0.ring === ring } }
    let listeners = passed.isEmpty ? try makeSocket(options, log) : passed
    var agent = try Agent(
        options: options, log: log, ports: ports, settings: settings, signals: signals,
        spareRings: spareRings, control: control, listeners: listeners)
    if let controlTrouble { log.warning("\(controlTrouble)") }
    agent.controlTrouble = controlTrouble
    agent.portTroubles = portTroubles
    try Identity.become(user, log) { isConfined throws(SystemError) in
        let worker = try HeaderWorker(
            headers, instance: options.places.instance ?? "", isConfined: isConfined)
        agent.headerWorker = worker
        return worker.confinementTrouble
    }
    for channel in channels { try agent.add(channel) }
    try agent.run()
}

/// Records this machine's rings into a file; no ports, no orders, all privileges to the end.
private func record(
    to path: String, _ options: Options, _ tracefs: Tracefs, _ settings: consuming RingSettings,
    _ rings: [Ring],
    _ headers: HeaderBuilder, _ signals: consuming SignalFD, _ log: Logger
) throws(Failure) {
    let others = SystemCheck(options.places).holdersOfRings().filter { $0.pid != processID }
    if !others.isEmpty {
        log.warning("\(others.names) reads these rings too: each event goes to only one of you")
    }
    let events = try EventSelection(in: tracefs, log)
    defer { events.restore() }
    let recording = try Recording(to: path, headers, log)
    var channels: [Channel] = []
    for ring in rings {
        let sink = try recording.openSink(cpu: ring.cpu)
        channels.append(try makeChannel(ring, sink, options, pageSize: settings.pageSize, log))
    }
    var agent = try Agent(
        options: options, log: log, ports: Ports(directory: options.places.ports), settings: settings,
        signals: signals, spareRings: [], control: nil, listeners: [])
    agent.eventsRecorded = events
    for channel in channels { try agent.add(channel) }
    try events.switchOn(options.event)
    recording.begin()
    agent.lastWords = { recording.whatRemains }
    do throws(Failure) {
        try agent.run()
    } catch {
        throw Failure(error.status, "\(error); \(recording.whatRemains)")
    }
    try recording.finish { agent.isAskedToEnd }
}

/// The sockets called "control" that systemd has made for this process; others are closed.
private func adoptSockets(_ log: Logger) throws(Failure) -> [LocalSocket] {
    var adopted: [LocalSocket] = []
    for socket in try explained(Systemd.adoptSockets) {
        guard socket.name == "control", let listener = socket.listener else {
            log.warning(
                "a passed socket is not used: \"\(Array(socket.name.utf8).escapedASCII)\" is not called control, or no Unix stream socket that listens"
            )
            continue
        }
        adopted.append(listener)
    }
    return adopted
}

/// The agent's own socket, where nobody has passed one.
///
/// Nobody has asked for the one at the default place, so the agent does without if it cannot be made.
private func makeSocket(_ options: Options, _ log: Logger) throws(Failure) -> [LocalSocket] {
    if options.foreground, options.socket == nil { return [] }
    let path = options.socket ?? TracingOptions.defaultSocket
    do throws(Failure) {
        return [try Identity.makeSocket(at: path)]
    } catch {
        if options.socket != nil { throw error }
        log.warning("no local orders: \(error)")
        return []
    }
}

/// The rings of all CPUs that may ever be online, or of those that are asked for.
private func openRings(_ options: Options, in tracefs: Tracefs) throws(Failure) -> [Ring] {
    let possible = try CPUList(ofSystem: "possible").cpus
    let wanted = options.places.cpu?.cpus
    if let impossible = wanted?.first(where: { !possible.contains($0) }) {
        throw Failure(.usage, "--cpu: this machine has no CPU \(impossible)")
    }
    var rings: [Ring] = []
    for cpu in wanted ?? possible { rings.append(try Ring(cpu: cpu, in: tracefs)) }
    return rings
}

/// The control port, if there is one.
///
/// - Parameter trouble: Why it cannot be opened although it is there, where the agent can do without for a while.
private func openControl(
    _ ports: Ports, _ options: Options, isNeeded: Bool, trouble: inout String?
) throws(Failure) -> OrderStream? {
    do throws(Failure) {
        if let control = try ports.openControl() { return control }
    } catch {
        if isNeeded { throw error }
        trouble = error.description
        return nil
    }
    if !isNeeded || options.foreground { return nil }
    throw Failure(
        .unavailable,
        "no control port \(ports.controlPath): give the guest a virtserialport of that name, or use --foreground"
    )
}

/// A channel for every ring that has somewhere to send its pages.
///
/// - Parameter troubles: Why a CPU's port that is there cannot be used.
private func openChannels(
    _ rings: [Ring], _ ports: Ports, _ options: Options, areNeeded: Bool, pageSize: Int, _ log: Logger,
    troubles: inout [Int: String]
) throws(Failure) -> [Channel] {
    var channels: [Channel] = []
    if options.output {
        let sink = try StandardOutput.sink(channels: rings.count)
        for ring in rings { channels.append(try makeChannel(ring, sink, options, pageSize: pageSize, log)) }
        return channels
    }
    let online = try CPUList(ofSystem: "online").cpus
    var failure = Failure(
        .unavailable,
        "no port for any CPU in \(ports.directory): give the guest virtserialports named trace-path-cpu0, ..., or use -o"
    )
    for ring in rings {
        do throws(Failure) {
            if let sink = try ports.openSink(cpu: ring.cpu) {
                channels.append(try makeChannel(ring, sink, options, pageSize: pageSize, log))
            } else if online.contains(ring.cpu) {
                log.warning("CPU \(ring.cpu) is not traced: no port \(ports.dataPath(cpu: ring.cpu))")
            }
        } catch {
            failure = error
            troubles[ring.cpu] = error.description
            log.warning("CPU \(ring.cpu) is not traced: \(error)")
        }
    }
    if channels.isEmpty, areNeeded { throw failure }
    return channels
}

/// Makes a CPU's pipe, as large as asked for and its port can take.
func makeChannel(
    _ ring: Ring, _ sink: Sink, _ options: Options, pageSize: Int, _ log: Logger
) throws(Failure) -> Channel {
    if options.pipeSize.bytes > sink.longestPipe {
        log.warning(
            "\(sink.name): the pipe is \(ByteSize(bytes: sink.longestPipe)), its queue takes no more at once")
    }
    return try explained { () throws(SystemError) in
        try Channel(ring: ring, sink: sink, pageSize: pageSize, pipeSize: options.pipeSize.bytes)
    }
}
