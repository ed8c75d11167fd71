import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// All channels: whether pages move, and how a start and a stop come about.
struct Streaming: ~Copyable {
    private let options: StreamingOptions
    private let log: Logger
    private var limitedLog: LimitedLog
    private var settings: RingSettings
    private var channels: [TracedChannel] = []
    private var phase = Phase.stopped
    /// Whether the last stop sent everything.
    private var isComplete = true
    /// Whether a worker did not hand its channel back in time.
    private var isWorkerStuck = false
    private var timers: StreamingTimers

    /// How long a worker may take to hand its channel back once a stop is given up.
    private static let handBackLimit = Duration.seconds(1)

    init(
        _ options: StreamingOptions, _ settings: consuming RingSettings, log: Logger,
        _ reactor: inout AgentReactor
    ) throws(SystemError) {
        timers = try StreamingTimers(&reactor)
        self.options = options
        self.settings = settings
        self.log = log
        limitedLog = LimitedLog(log)
    }

    /// Adds a CPU's channel, which takes part from the next `start` or `startNewChannels` on.
    mutating func add(_ channel: Channel, _ reactor: inout AgentReactor) throws(SystemError) {
        let first = channels.first { $0.sink === channel.sink }
        channels.append(
            try TracedChannel(channel, index: channels.count, sharingSinkOf: first, &reactor))
    }

    /// Lets channels that were added while pages move take part.
    mutating func startNewChannels(_ reactor: inout AgentReactor) throws(SystemError) {
        // While streaming no other channel is idle.
        let new = phase == .streaming ? channels.indices.filter { channels[$0].isIdle } : []
        if new.isEmpty { return }
        try settings.setPercent(forRingOf: try smallestRing())
        for index in new {
            try channels[index].readStats(streaming: true)
            try channels[index].start(&reactor)
        }
    }

    var isStopped: Bool { phase == .stopped }
    var channelCount: Int { channels.count }
    var isAtRest: Bool { isStopped && (!isAnyDraining || isWorkerStuck) }
    /// Whether a worker holds on to its channel although it was given up: a file system may hold it for ever.
    var isStuck: Bool { isWorkerStuck && isAnyDraining }
    /// Why the last stop was not complete, if pages do not go to ports; `nil` if it was.
    var outputProblem: Failure? { isComplete ? nil : Failure(outputIncomplete: options.mode) }
    private var isAnyDraining: Bool { channels.contains(where: \.isDraining) }

    /// Reads the kernel's counters of every ring buffer.
    mutating func readStats() throws(SystemError) {
        for index in channels.indices { try channels[index].readStats(streaming: phase != .stopped) }
    }

    /// What was counted until the last `readStats`.
    func report(ordersRefused: Int) -> Report {
        Report(
            state: phase.reported, instance: options.instance, pageSize: settings.pageSize,
            cpus: channels.map(\.report), ordersRefused: ordersRefused, isComplete: isComplete)
    }

    /// Starts streaming what the ring buffers hold and what comes; a stop under way ends first.
    mutating func start(_ reactor: inout AgentReactor) throws(SystemError) -> [Effect] {
        switch phase {
        case .streaming: return [.unchanged(problem: missingPorts)]
        case .flushing(var flush):
            flush.startsNext = true
            phase = .flushing(flush)
            return []
        case .stopped: break
        }
        if let problem = settings.pageSizeProblem() {
            limitedLog.log(problem)
            return [.unchanged(problem: problem)]
        }
        if !channels.isEmpty { try settings.setPercent(forRingOf: try smallestRing()) }
        try readStats()
        phase = .streaming
        for index in channels.indices { try channels[index].start(&reactor) }
        try timers.startFlushing(every: options.flushInterval)
        let problem = missingPorts
        limitedLog.log("streaming \(channels.count) CPUs\(problem.map { ": \($0)" } ?? "")", level: .info)
        return [.started(problem: problem)]
    }

    /// Sends what was recorded until now, then stops; a stop that is under way gets a new boundary, not a new deadline.
    mutating func stop() throws(SystemError) -> [Effect] {
        var flush = Phase.Flush()
        switch phase {
        case .stopped: return [.unchanged(problem: nil)]
        case .streaming:
            try timers.stopFlushing()
            try timers.setDeadline(after: options.stopTimeout)
        case .flushing(let underWay): flush.hasGivenUp = underWay.hasGivenUp
        }
        phase = .flushing(flush)
        if flush.hasGivenUp { return [] }
        for index in channels.indices { try channels[index].stop() }
        return try finishStopIfFlushed()
    }

    /// Sends what the ring buffers hold now, then stops; while pages move, the same as a stop.
    mutating func dump(_ reactor: inout AgentReactor) throws(SystemError) -> [Effect] {
        guard isStopped else { return try stop() }
        if let problem = missingPorts { return [.unchanged(problem: problem)] }
        let effects = try start(&reactor)
        return isStopped ? effects : effects + (try stop())
    }

    /// Lets no start follow the stop under way, and bounds the wait for workers that still have a job.
    mutating func prepareExit() throws(SystemError) {
        if case .flushing(var flush) = phase {
            flush.startsNext = false
            phase = .flushing(flush)
        }
        // Once: orders that go on coming must not put the exit off.
        if isStopped, isAnyDraining, !timers.isDeadlineSet {
            try timers.setDeadline(after: Self.handBackLimit)
        }
    }

    mutating func ringIsReadable(_ index: Int) { channels[index].ringIsReadable() }

    mutating func jobHasEnded(_ index: Int, _ reactor: inout AgentReactor) throws(SystemError) -> [Effect] {
        let usesPorts = options.mode.usesPorts
        guard let result = channels[index].receiveResult(usesPorts: usesPorts, &limitedLog) else { return [] }
        var effects: [Effect] = []
        if !usesPorts, case .sinkFailed(let code) = result {
            effects = try outputFailed(code, of: channels[index].sink)
        }
        try channels[index].proceed(after: result, in: phase, &reactor)
        return effects + (try finishStopIfFlushed())
    }

    /// A sink that channels wait for accepts data again, or has failed.
    mutating func sinkIsReady(_ index: Int, _ readiness: Readiness) throws(SystemError) -> [Effect] {
        let sink = channels[index].sink
        if options.mode == .standardOutput, readiness.contains(.error) {
            return try outputFailed(.brokenPipe, of: sink)
        }
        for index in channels.indices where channels[index].sink === sink {
            try channels[index].resumeIfBlocked(in: phase)
        }
        return []
    }

    /// The flush timer: sends what has waited in the ring buffers.
    mutating func flushTimerHasFired() throws(SystemError) {
        guard try timers.isFlushDue(), phase == .streaming else { return }
        for index in channels.indices { try channels[index].flushIfAnythingWaits() }
    }

    /// The deadline: what is not sent yet stays where it is.
    ///
    /// A worker hands back at once, unless a file system holds it: the second deadline is for that.
    mutating func deadlineHasPassed() throws(SystemError) -> [Effect] {
        guard try timers.hasDeadlinePassed() else { return [] }
        if case .flushing(var flush) = phase, !flush.hasGivenUp {
            flush.hasGivenUp = true
            phase = .flushing(flush)
            for index in channels.indices { channels[index].giveUp() }
            try timers.setDeadline(after: Self.handBackLimit)
            return try finishStopIfFlushed()
        }
        isWorkerStuck = isAnyDraining
        if case .flushing(let flush) = phase { return try finishStop(flush) }
        return []
    }

    /// The channels whose ports have gone.
    var gonePorts: [(index: Int, sink: Sink, cpu: Int)] {
        channels.enumerated().filter(\.element.isPortGone).map { ($0, $1.sink, $1.cpu) }
    }

    mutating func portIsBack(_ index: Int, _ reactor: inout AgentReactor) throws(SystemError) {
        limitedLog.log("\(channels[index].sink.name) is back", level: .notice)
        try channels[index].portIsBack(in: phase, &reactor)
    }

    mutating func portStaysGone(_ index: Int, because reason: Failure) {
        channels[index].portStaysGone(reason, &limitedLog)
    }

    var nextRetry: Duration? {
        let isFlushedByTimer = options.flushInterval > .zero
        return channels.compactMap { $0.nextRetry(isFlushedByTimer: isFlushedByTimer) }.min()
    }

    mutating func retry() throws(SystemError) {
        for index in channels.indices { try channels[index].retry(in: phase) }
    }

    /// Asks every busy worker for a sign of life; whether any has done nothing since the last call.
    mutating func findStuckWorkers() -> Bool {
        var isAnyStuck = false
        for index in channels.indices where channels[index].checkWorker() {
            isAnyStuck = true
            limitedLog.log("the worker of CPU \(channels[index].cpu) is stuck", level: .error)
        }
        return isAnyStuck
    }

    mutating func restoreSettings() { settings.restorePercent(log) }

    /// Ends the stop once every channel has sent what it had; a channel without a port cannot.
    private mutating func finishStopIfFlushed() throws(SystemError) -> [Effect] {
        guard case .flushing(let flush) = phase, channels.allSatisfy(\.isFlushed) else { return [] }
        return try finishStop(flush)
    }

    private mutating func finishStop(_ flush: Phase.Flush) throws(SystemError) -> [Effect] {
        try readStats()
        // Pages of another size than expected cannot be read.
        isComplete =
            !flush.hasGivenUp && settings.pageSizeProblem() == nil && channels.allSatisfy(\.isComplete)
        phase = .stopped
        try timers.clearDeadline()
        restoreSettings()
        return [.stopped(startsNext: flush.startsNext)]
    }

    private mutating func outputFailed(_ code: Errno, of sink: Sink) throws(SystemError) -> [Effect] {
        let failure = Effect.outputFailed(Failure(outputFailed: code, sink))
        for index in channels.indices { channels[index].interrupt() }
        return isStopped ? [failure] : [failure] + (try finishStop(Phase.Flush()))
    }

    /// An order may come before the ports do: CPUs are served when their ports come.
    private var missingPorts: String? {
        channels.isEmpty ? "no CPU has a port in \(options.portsFolder) yet" : nil
    }

    private func smallestRing() throws(SystemError) -> Int {
        var smallest = Int.max
        for channel in channels { smallest = min(smallest, try channel.ringSize()) }
        return smallest
    }
}
