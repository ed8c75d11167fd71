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
    let signals = try wrappingSystemError(options.foreground ? SignalFD.ofTerminal : SignalFD.ofService)
    let passed = try PassedDescriptors.adopt(log)
    let (user, tracing) = (try Identity.userToBecome(options, log), options.common.tracing)
    var resumption = Resumption(
        options.state.flatMap { StateFile.open($0, log) }, bootID: HeaderBuilder.bootID(tracing.bootID),
        instance: options.instance, log)
    let (tracefs, setter) = try SetupInstance.open(options, &resumption, log)
    let rings = try openRings(tracing, in: tracefs)
    let builder = HeaderBuilder(
        tracefs, rings, symbols: tracing.kallsyms, bootID: tracing.bootID,
        addressesForGroup: options.headers.symbolsForGroup, log: log)
    var settings = try RingSettings(in: tracefs, cpus: rings.map(\.cpu), percent: resumption.percent)
    // A stream that goes on sets it again; this process may end before that.
    settings.restorePercent(log)
    let maker = ChannelMaker(
        pageSize: settings.pageSize, pipeSize: options.common.pipeSize.bytes,
        workerCPUs: options.common.workerCpus?.cpus, flushInterval: options.common.flushInterval.duration,
        pipes: PipeStore(kept: passed.pipes, give: options.state == nil ? nil : Systemd.keep), log: log)
    let notice = resumption.notice
    let folder = try RingFolder(
        rings, in: tracefs, releasesAtOnce: options.releaseWhenStopped && resumption.earlierStream == nil,
        setter: setter)
    let lifetime = Lifetime.Parts(
        signals: signals, isForeground: options.foreground, duration: options.common.duration?.duration,
        facts: FactSource(TracingSwitch(in: tracefs), bootID: builder.bootID, problem), resumption: resumption
    )
    // Without it, only answers lack the clock.
    let clock = try? tracefs.open("trace_clock", .readOnly)
    var parts = AgentParts(options.mode, options.tracedCommon, lifetime, settings, rings, clock: clock, log)
    // A service that can be reached through a passed socket waits for its ports.
    var opening = PortOpening(options, areNeeded: passed.sockets.isEmpty, log)
    parts.host = try opening.openControl()
    if let notice { parts.host?.resume(notifying: notice) }
    parts.channels = try opening.openChannels(for: rings, maker)
    parts.sockets = passed.sockets.isEmpty ? try LocalSockets.make(options, log) : passed.sockets
    parts.ports = opening.opened
    parts.releasesWhenStopped = options.releaseWhenStopped
    parts.maker = options.mode.usesPorts ? maker : nil
    let threads = try Identity.become(
        user, builder, folder, withoutLandlock: options.headers.headerThreadWithoutLandlock, log)
    if options.releaseWhenStopped || setter != nil, let refusal = threads.ringOpener.refusal {
        throw Failure(.configuration, "\(setter == nil ? "--release-when-stopped" : "--setup"): \(refusal)")
    }
    parts.threads = threads
    var agent = try parts.makeAgent()
    try agent.run()
}

extension TracingOptions {
    /// Finds tracefs, and the instance in it if one is named.
    ///
    /// - Parameter makesInstance: Whether an instance that is not there is made.
    func openTracefs(makingInstance makesInstance: Bool = false) throws(Failure) -> Tracefs {
        try Tracefs(at: tracefs, instance: instance, makesInstance: makesInstance)
    }
}

/// The ring buffers of all CPUs that may ever be online, or of those that `--cpu` names.
func openRings(_ options: TracingOptions, in tracefs: Tracefs) throws(Failure) -> [Ring] {
    let possible = try CPUList(ofSystem: "possible").cpus
    let wanted = options.cpu?.cpus
    if let impossible = wanted?.first(where: { !possible.contains($0) }) {
        throw Failure(.usage, "--cpu: this machine has no CPU \(impossible)")
    }
    var rings: [Ring] = []
    for cpu in wanted ?? possible { rings.append(try Ring(cpu: cpu, in: tracefs)) }
    return rings
}
