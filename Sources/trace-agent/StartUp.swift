import Logging
import Reactor

/// Opens everything in its order and serves until asked to end.
func serve(_ options: Options, _ log: Logger) throws(Failure) {
    try explained(FileDescriptor.fillStandardStreams)
    try explained(FileDescriptor.allowAsManyAsPossible)
    SignalFD.ignoreFailedWrites()
    let signals = try explained(SignalFD.ofTermination)
    let tracefs = try Tracefs(at: options.tracefs, instance: options.instance)
    let settings = try RingSettings(in: tracefs)
    let rings = try openRings(options, in: tracefs)
    let ports = Ports(directory: options.ports)
    let control = try openControl(ports, options)
    let channels = try openChannels(rings, ports, options, pageSize: settings.pageSize, log)
    let spareRings = rings.filter { ring in !channels.contains { $0.ring === ring } }
    var agent = try Agent(
        options: options, log: log, ports: ports, settings: settings, signals: signals,
        spareRings: spareRings,
        control: control)
    for channel in channels { try agent.add(channel) }
    try agent.run()
}

/// The rings of all CPUs that may ever be online, or of those that are asked for.
private func openRings(_ options: Options, in tracefs: Tracefs) throws(Failure) -> [Ring] {
    let possible = try CPUList(ofSystem: "possible").cpus
    if let impossible = options.cpu?.cpus.first(where: { !possible.contains($0) }) {
        throw Failure(.usage, "--cpu: this machine has no CPU \(impossible)")
    }
    var rings: [Ring] = []
    for cpu in options.cpu?.cpus ?? possible { rings.append(try Ring(cpu: cpu, in: tracefs)) }
    return rings
}

/// The control port; `--foreground` can do without.
private func openControl(_ ports: Ports, _ options: Options) throws(Failure) -> OrderStream? {
    if let control = try ports.openControl() { return control }
    if options.foreground { return nil }
    throw Failure(
        .unavailable,
        "no control port \(ports.controlPath): give the guest a virtserialport of that name, or use --foreground"
    )
}

/// A channel for every ring that has somewhere to send its pages.
private func openChannels(
    _ rings: [Ring], _ ports: Ports, _ options: Options, pageSize: Int, _ log: Logger
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
            log.warning("CPU \(ring.cpu) is not traced: \(error)")
        }
    }
    if channels.isEmpty { throw failure }
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
