import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// All channels: whether pages move, and how a start and a stop come about.
struct Streaming: ~Copyable {
    private let options: StreamingOptions
    private var limitedLog: LimitedLog
    private var settings: SettingsKeeper
    private var rings: RingHold
    private var channels: TracedChannels
    private var phase = Phase.stopped
    private var lastStop = StopOutcome()
    private var timers: StreamingTimers

    init(
        _ options: StreamingOptions, _ settings: consuming SettingsKeeper, _ rings: RingHold, log: Logger,
        _ reactor: inout AgentReactor
    ) throws(SystemError) {
        timers = try StreamingTimers(
            flushInterval: options.flushInterval, patience: options.stopTimeout, &reactor)
        self.options = options
        channels = TracedChannels(loses: options.losesPipes)
        self.settings = settings
        (self.rings, limitedLog) = (rings, LimitedLog(log))
    }

    /// What a later process has to know.
    var resumePoint: ResumePoint { ResumePoint(phase, rings, channels, settings.percent) }
    /// The counters of the ring buffers when streaming began; none while no page moves.
    var ringsAtStart: [SavedRing] { isStopped ? [] : channels.ringsAtStart }

    /// Adds a CPU's channel, which takes part from the next `start` or `startNewChannels` on.
    mutating func add(_ channel: Channel, _ reactor: inout AgentReactor) throws(SystemError) {
        // If the pages do not fit, the next start says so.
        _ = channel.setPageSize(settings.pageSize)
        try channels.add(channel, &reactor)
    }

    /// Lets channels that were added while pages move take part.
    mutating func startNewChannels(_ reactor: inout AgentReactor) throws(SystemError) {
        guard phase == .streaming, channels.isAnyIdle else { return }
        settings.setPercent(channels, &limitedLog)
        channels.startIdle(&reactor, &limitedLog)
        try timers.tickOften()
    }

    var isStopped: Bool { phase == .stopped }
    var clock: String? { rings.setup?.clock ?? settings.clock }
    var bytesSent: Int { channels.bytesSent }
    var channelCount: Int { channels.count }
    var isAtRest: Bool { isStopped && !rings.areAwaited && channels.areAtRest }
    /// Whether a worker holds on to its channel although it was given up: a file system may hold it for ever.
    var isStuck: Bool { channels.isAnyStuck }
    /// Why the output lacks events, if pages do not go to ports; `nil` if it does not.
    var outputProblem: Failure? { Failure(outputOf: options.mode, lastStop, hasBegun: channels.starts > 0) }

    /// Reads the kernel's counters of every ring buffer.
    mutating func readStats() { channels.readStats(streaming: phase != .stopped, &limitedLog) }

    /// What was counted until the last `readStats`.
    func report(ordersRefused: Int) -> Report {
        var report = Report(
            state: phase.reported, instance: options.instance, pageSize: settings.pageSize,
            cpus: channels.reports, ordersRefused: ordersRefused, isComplete: lastStop.isComplete)
        report.warnings = [settings.pageSizeChange].compactMap { $0 } + channels.warnings
        rings.addFacts(to: &report.facts, clock: clock)
        return report
    }
    /// Starts streaming what the ring buffers hold and what comes; a stop under way ends first.
    mutating func start(_ reactor: inout AgentReactor) throws(SystemError) -> [Effect] {
        switch phase {
        case .streaming: return [.unchanged(problem: channels.missingPorts(options))]
        case .flushing:
            phase.setStartsNext(true)
            return []
        case .stopped: if !rings.areReady() { return [] }
        }
        if let problem = settings.begin(channels, &limitedLog) {
            limitedLog.log(problem)
            return [.unchanged(problem: problem)] + rings.rest()
        }
        readStats()
        phase = .streaming
        channels.start(&reactor)
        try timers.startTicking()
        let problem = channels.missingPorts(options) ?? rings.problem
        limitedLog.log("streaming \(channels.count) CPUs\(problem.map { ": \($0)" } ?? "")", level: .info)
        return [.started(problem: problem)]
    }

    /// Starts streaming where an earlier process has ended, and counts on from where that one began.
    mutating func resume(_ left: [SavedRing], _ reactor: inout AgentReactor) throws(SystemError) -> [Effect] {
        let effects = try start(&reactor)
        channels.resume(left)
        readStats()
        return effects
    }

    /// Sends what was recorded until now, then stops; a stop that is under way gets a new boundary, not a new deadline.
    mutating func stop() throws(SystemError) -> [Effect] {
        switch phase {
        case .stopped: return rings.takesStop() ? [] : [.unchanged(problem: nil)]
        case .streaming:
            phase = .flushing(Phase.Flush())
            try timers.beginStop(sent: channels.bytesSent)
        case .flushing(let flush):
            phase.setStartsNext(false)
            if flush.hasGivenUp { return [] }
        }
        settings.adoptPageSize(channels, &limitedLog)
        for index in channels.indices { channels[index].stop() }
        return try finishStopIfFlushed()
    }

    /// Sends what the ring buffers hold now, then stops; while pages move, the same as a stop.
    mutating func dump(_ reactor: inout AgentReactor) throws(SystemError) -> [Effect] {
        guard isStopped else { return try stop() }
        let problem = channels.missingPorts(options)
        if let problem { return [.unchanged(problem: problem)] + rings.rest() }
        if !rings.areReady(asDump: true) { return [] }
        let effects = try start(&reactor)
        return isStopped ? effects : effects + (try stop())
    }

    /// Lets go of the ring buffers once no page moves, until the next start or dump.
    mutating func release() -> [Effect] { rings.release(in: phase) }

    /// Changes what the agent's own trace instance records.
    mutating func change(_ change: TraceChange?, number: Int) -> [Effect] {
        change.map { rings.change($0, number: number, in: phase) } ?? []
    }

    /// The ring buffers are open again, or released, or what they record is changed.
    mutating func ringsHaveChanged(_ reactor: inout AgentReactor) throws(SystemError) -> [Effect] {
        var (effects, orders) = rings.jobHasEnded()
        if orders.dump { effects += try dump(&reactor) }
        if orders.start { effects += try start(&reactor) }
        return effects
    }

    /// Lets no start follow the stop under way, and bounds the wait for its end and for workers that still have a job.
    mutating func prepareExit() throws(SystemError) {
        rings.dropOrders()
        phase.setStartsNext(false)
        try timers.endWithin(options.exitTimeout)
        // Once: orders that go on coming must not put the exit off.
        if isStopped, channels.isAnyDraining, !timers.isDeadlineSet { try timers.setHandBackDeadline() }
    }

    mutating func ringIsReadable(_ index: Int) { channels[index].ringIsReadable() }

    /// A worker has handed its channel back, or does nothing.
    mutating func workerCalls(_ index: Int, _ reactor: inout AgentReactor) throws(SystemError) -> [Effect] {
        guard let received = channels[index].receiveResult(&limitedLog) else { return [] }
        let result = settings.afterRefusal(received, of: channels[index].channel, channels, &limitedLog)
        var effects: [Effect] = []
        if let failure = Failure(after: result, channels[index].sink, options.mode, settings.pageSizeChange) {
            effects = try end(because: failure)
        }
        try channels[index].proceed(
            after: result, in: phase, usesPorts: options.mode.usesPorts, &reactor, &limitedLog)
        if !channels.needFewTicks { try timers.tickOften() }
        return effects + (try finishStopIfFlushed())
    }

    /// A sink that channels wait for accepts data again, or has failed.
    mutating func sinkIsReady(_ index: Int, _ readiness: Readiness) throws(SystemError) -> [Effect] {
        let sink = channels[index].sink
        if options.mode == .standardOutput, readiness.contains(.error) {
            return try end(because: Failure(outputFailed: .brokenPipe, sink))
        }
        for index in channels.sharing(sink) { channels[index].resumeIfBlocked(in: phase) }
        return []
    }

    /// A tick: checks what others may have changed, and sends what has waited in the ring buffers if it is time.
    ///
    /// - Returns: Whether the kernel's counters were read.
    mutating func flushTimerHasFired(_ reactor: inout AgentReactor) throws(SystemError) -> Bool {
        let tick = try timers.tick()
        guard tick != .nothing, phase == .streaming else { return false }
        settings.keep(channels, &limitedLog)
        channels.tick(isFlush: tick == .flush, &reactor, &limitedLog)
        if channels.needFewTicks { try timers.tickSeldom() }
        return tick == .flush
    }

    /// Others have written to files of tracefs that matter here.
    mutating func settingsHaveChanged(_ reactor: inout AgentReactor) throws(SystemError) {
        let writes = try settings.writesOfOthers()
        guard writes.any, phase != .stopped else { return }
        settings.adoptPageSize(channels, &limitedLog)
        channels.watchAnew(after: writes, &reactor)
    }

    /// The deadline of a stop that makes no progress; a second one is for workers that a file system holds.
    mutating func deadlineHasPassed() throws(SystemError) -> [Effect] {
        guard try timers.hasDeadlinePassed() else { return [] }
        if case .flushing(let flush) = phase, !flush.hasGivenUp {
            if try timers.extendStop(sent: channels.bytesSent) { return [] }
            phase.giveUpStop()
            for index in channels.indices { channels[index].giveUp() }
            try timers.setHandBackDeadline()
            return try finishStopIfFlushed()
        }
        channels.stopWaitingForWorkers()
        if case .flushing(let flush) = phase { return try finishStop(flush) }
        return []
    }

    /// Notices ports that have gone and come back while nothing was sent to them.
    mutating func findReplacedPorts(_ test: (Sink, _ cpu: Int) -> Bool) { channels.findReplacedPorts(test) }

    /// Tries to open the ports that have gone; `reopen` returns whether the port of a sink is back.
    mutating func reopenGonePorts(
        _ reactor: inout AgentReactor, _ reopen: (Sink, _ cpu: Int) -> Result<Bool, Failure>
    ) throws(SystemError) {
        try channels.reopenGonePorts(in: phase, &reactor, &limitedLog, reopen)
    }

    var nextRetry: Duration? { channels.nextRetry }
    mutating func retry(_ reactor: inout AgentReactor) { channels.retry(in: phase, &reactor, &limitedLog) }

    /// Asks every busy worker for a sign of life; whether any has done nothing since the last call.
    mutating func findStuckWorkers() -> Bool { channels.findStuckWorkers(&limitedLog) }
    mutating func restoreSettings() { settings.restorePercent() }

    /// Ends the stop once every channel has sent what it had; a channel without a port cannot.
    private mutating func finishStopIfFlushed() throws(SystemError) -> [Effect] {
        guard case .flushing(let flush) = phase, channels.areFlushed else { return [] }
        return try finishStop(flush)
    }

    private mutating func finishStop(_ flush: Phase.Flush) throws(SystemError) -> [Effect] {
        readStats()
        lastStop = StopOutcome(of: flush, channels, hasPageSizeChanged: settings.pageSizeChange != nil)
        phase = .stopped
        try timers.clearDeadline()
        restoreSettings()
        return [.stopped(startsNext: flush.startsNext)] + rings.rest(startsNext: flush.startsNext)
    }

    private mutating func end(because failure: Failure) throws(SystemError) -> [Effect] {
        channels.interrupt()
        return try [.outputFailed(failure)] + (isStopped ? [] : finishStop(Phase.Flush()))
    }
}
