import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// Opens everything in its order, drops all privileges, and serves until a signal ends it.
///
/// - Parameter problem: What was logged last, for answers.
func serve(_ options: Options, _ log: Logger, _ problem: LastProblem) throws(Failure) {
    try wrappingSystemError(FileDescriptor.fillStandardStreams)
    try wrappingSystemError(FileDescriptor.allowAsManyAsPossible)
    try wrappingSystemError(refuseHugePages)
    SignalFD.ignoreFailedWrites()
    let signals = try wrappingSystemError(SignalFD.ofService)
    let passed = try PassedDescriptors.adopt(log)
    let user = try Identity.userToBecome(options, log)
    let tracefs = try Tracefs(at: options.tracing.tracefs, instance: options.tracing.instance)
    let rings = try openRings(options.tracing, in: tracefs)
    let builder = HeaderBuilder(
        tracefs, rings, symbols: options.tracing.kallsyms, bootID: options.tracing.bootID,
        addressesForGroup: options.headers.symbolsForGroup, log: log)
    let resumption = Resumption(
        options.state.flatMap { StateFile.open($0, log) }, bootID: builder.bootID, instance: tracefs.instance,
        log)
    var settings = try RingSettings(in: tracefs, cpus: rings.map(\.cpu), percent: resumption.percent)
    if resumption.earlierStream == nil { settings.restorePercent(log) }
    let maker = ChannelMaker(
        pageSize: settings.pageSize, pipeSize: options.pipeSize.bytes, workerCPUs: options.workerCpus?.cpus,
        pipes: PipeStore(kept: passed.pipes, keep: options.state == nil ? nil : Systemd.keep), log: log)
    let notice = resumption.notice
    let folder = try RingFolder(
        rings, in: tracefs,
        releasesAtOnce: options.rings.releaseWhenStopped && resumption.earlierStream == nil)
    let facts = FactSource(TracingSwitch(in: tracefs), bootID: builder.bootID, problem)
    // Without it, only answers lack the clock.
    var parts = AgentParts(
        options, signals, settings, rings, clock: try? tracefs.open("trace_clock", .readOnly), facts,
        resumption, log)
    if case .record(let path) = options.mode {
        return try record(to: path, options, tracefs, rings, builder, maker, parts)
    }
    // A service that can be reached through a passed socket waits for its ports.
    var opening = PortOpening(options, areNeeded: passed.sockets.isEmpty, log)
    parts.host = try opening.openControl()
    if let notice { parts.host?.resume(telling: notice) }
    parts.channels = try opening.openChannels(for: rings, maker)
    parts.sockets = passed.sockets.isEmpty ? try LocalSockets.make(options, log) : passed.sockets
    parts.ports = opening.opened
    parts.maker = options.mode.usesPorts ? maker : nil
    let threads = try Identity.become(
        user, builder, folder, withoutLandlock: options.headers.headerThreadWithoutLandlock, log)
    if options.rings.releaseWhenStopped, let refusal = threads.ringOpener.refusal {
        throw Failure(.configuration, "--release-when-stopped: \(refusal)")
    }
    parts.threads = threads
    var agent = try parts.makeAgent()
    try agent.run()
}

/// The ring buffers of all CPUs that may ever be online, or of those that `--cpu` names.
private func openRings(_ options: TracingOptions, in tracefs: Tracefs) throws(Failure) -> [Ring] {
    let possible = try CPUList(ofSystem: "possible").cpus
    let wanted = options.cpu?.cpus
    if let impossible = wanted?.first(where: { !possible.contains($0) }) {
        throw Failure(.usage, "--cpu: this machine has no CPU \(impossible)")
    }
    var rings: [Ring] = []
    for cpu in wanted ?? possible { rings.append(try Ring(cpu: cpu, in: tracefs)) }
    return rings
}

/// Records this machine's ring buffers into a file: no ports, no orders, all privileges to the end.
private func record(
    to path: String, _ options: Options, _ tracefs: Tracefs, _ rings: [Ring], _ builder: HeaderBuilder,
    _ maker: ChannelMaker, _ parts: consuming AgentParts
) throws(Failure) {
    let log = maker.log
    let others = RingReaders().readers(ofInstance: options.tracing.instance).filter { $0.pid != processID }
    if !others.isEmpty {
        log.warning("\(others.names) reads the same ring buffers: each event goes to only one reader")
    }
    let events = try EventSelection(in: tracefs, log)
    defer { events.restore() }
    let recording = try Recording(to: path, builder, log)
    var channels: [Channel] = []
    for ring in rings { channels.append(try maker.make(ring, try recording.openSink(cpu: ring.cpu))) }
    parts.channels = channels
    parts.endActions = EndActions(beforeLastFlush: events.restore) { recording.whatRemains }
    var agent = try parts.makeAgent()
    try events.switchOn(options.event)
    recording.begin()
    do throws(Failure) {
        try agent.run()
    } catch {
        throw Failure(error.status, "\(error); \(recording.whatRemains)")
    }
    try recording.finish { agent.hasPendingSignal }
}
