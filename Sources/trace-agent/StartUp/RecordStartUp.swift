import CommandSupport
import Logging
import Reactor

/// Records this machine's ring buffers into files: no ports, no orders, all privileges to the end.
///
/// - Returns: The exit code: that of the plan's command, 0 if there is none.
func record(_ plan: RecordingPlan, _ log: Logger) throws(Failure) -> Int32 {
    try wrappingSystemError(FileDescriptor.fillStandardStreams)
    // Before anything is changed that a program inherits.
    let command = try plan.command.isEmpty ? nil : RecordedCommand(plan.command)
    try wrappingSystemError(FileDescriptor.allowAsManyAsPossible)
    try wrappingSystemError(refuseHugePages)
    SignalFD.ignoreFailedWrites()
    let signals = try wrappingSystemError(SignalFD.ofTerminal)
    let putBack = try PutBack(log)
    // Once all ring buffers are closed.
    defer { putBack.finish() }
    try recordPages(plan, command, signals, putBack, log)
    return command?.finish() ?? 0
}

private func recordPages(
    _ plan: RecordingPlan, _ command: RecordedCommand?, _ signals: consuming SignalFD, _ putBack: PutBack,
    _ log: Logger
) throws(Failure) {
    let options = plan.common
    var tracefs = try options.tracing.openTracefs()
    if let name = plan.ownInstance { tracefs = try OwnInstance.make(name, in: tracefs, putBack) }
    let lock = try RecordingLock(of: tracefs)
    defer { withExtendedLifetime(lock) {} }
    let others = RingReaders().readers(ofInstance: plan.instance).filter { $0.pid != processID }
    if !others.isEmpty {
        log.warning("\(others.names) reads the same ring buffers: each event goes to only one reader")
    }
    let traceSettings = TraceSettings(in: tracefs, putBack)
    try traceSettings.apply(plan.setup)
    let rings = try openRings(options.tracing, in: tracefs)
    let builder = HeaderBuilder(
        tracefs, rings, symbols: options.tracing.kallsyms, bootID: options.tracing.bootID,
        addressesForGroup: false, dateOffset: plan.hasDates ? try DateOffset.measure(rings[0]) : nil, log: log
    )
    let settings = try RingSettings(in: tracefs, cpus: rings.map(\.cpu))
    let maker = ChannelMaker(
        pageSize: settings.pageSize, pipeSize: options.pipeSize.bytes, workerCPUs: options.workerCpus?.cpus,
        flushInterval: options.flushInterval.duration, log: log)
    let events = try EventSelection(in: tracefs, putBack, log)
    defer { events.restore() }
    let recording = try Recording(
        to: plan.path, replacing: plan.replaces, plan.limits,
        try RecordingHeaders(builder, areCompact: plan.isCompact, linksPath: plan.linksPath), log)
    let lifetime = Lifetime.Parts(
        signals: signals, isForeground: true, duration: options.duration?.duration,
        facts: FactSource(TracingSwitch(in: tracefs), bootID: builder.bootID, LastProblem()),
        resumption: Resumption(nil, bootID: "", instance: "", log))
    var parts = AgentParts(.record(path: plan.path), options, lifetime, settings, rings, clock: nil, log)
    for ring in rings { parts.channels.append(try maker.make(ring, try recording.openSink(cpu: ring.cpu))) }
    parts.ports.areOrdersWanted = false
    parts.lifetime.actions = RecordingActions(
        whenStreaming: { command?.begin() }, beforeLastFlush: events.restore,
        betweenParts: { () throws(Failure) in try recording.beginNextPart() },
        whatRemains: { recording.whatRemains }, limits: plan.limits, command: command)
    var agent = try parts.makeAgent()
    if plan.onlyCommand, let command { try traceSettings.restrict(to: command.pid) }
    if plan.excludesSelf { try traceSettings.excludeThreads() }
    try events.switchOn(plan.setup.events)
    recording.begin()
    do throws(Failure) {
        try agent.run()
    } catch {
        throw Failure(error.status, "\(error); \(recording.whatRemains)")
    }
    try recording.finish { agent.hasPendingSignal }
}
