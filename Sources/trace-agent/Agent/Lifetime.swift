import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// How the agent's life ends: signals, `--duration`, a failure.
struct Lifetime: ~Copyable {
    private let signals: SignalFD
    private let durationTimer: TimerFD
    private let duration: Duration?
    /// For a terminal: without a control port streaming starts at once, and a hang-up ends the agent.
    let isForeground: Bool
    private let actions: RecordingActions
    /// `nil` if there is only one part.
    private var schedule: PartSchedule?
    private let facts: FactSource
    private var resumption: Resumption
    private let log: Logger
    private var startLog: StartLog
    private var stopLog: StopLog
    /// The end has begun: nothing more is started.
    private(set) var isEnding = false
    /// Why the agent ends, if not by a signal or `--duration`.
    private(set) var failure: Failure?

    /// What signals ask for.
    enum Request: Equatable { case end, endAtOnce(signal: CInt), reload }

    /// What it is made of.
    struct Parts: ~Copyable {
        let signals: SignalFD
        /// For a terminal.
        let isForeground: Bool
        /// How long the agent runs; `nil`: until a signal.
        let duration: Duration?
        let facts: FactSource
        let resumption: Resumption
        var actions = RecordingActions()
    }

    init(_ parts: consuming Parts, log: Logger, _ reactor: inout AgentReactor) throws(SystemError) {
        let durationTimer = try TimerFD()
        try reactor.watch(parts.signals.descriptor, for: .readable, as: .signals)
        try reactor.watch(durationTimer.descriptor, for: .readable, as: .durationTimer)
        // Its end is reported once: it lasts.
        if let command = parts.actions.command {
            try reactor.watch(command.descriptor, for: [.readable, .once], as: .command)
        }
        if let limits = parts.actions.limits {
            schedule = try PartSchedule(limits, &reactor)
        } else {
            schedule = nil
        }
        self.durationTimer = durationTimer
        duration = parts.duration
        isForeground = parts.isForeground
        actions = parts.actions
        signals = parts.signals
        facts = parts.facts
        resumption = parts.resumption
        self.log = log
        startLog = StartLog(log)
        stopLog = StopLog(log)
    }

    /// Starts the clock of `--duration`, and that of parts.
    mutating func begin() throws(SystemError) {
        try schedule?.begin()
        if let duration { try durationTimer.arm(after: max(duration, .milliseconds(1))) }
    }

    func isDurationOver() throws(SystemError) -> Bool { try durationTimer.expirations() > 0 }

    /// Whether it is time for another part of a recording.
    ///
    /// - Parameter bytes: Bytes that were sent until now.
    mutating func isPartOver(bytes: Int) throws(SystemError) -> Bool {
        // The timer is read in any case: it would report itself for ever.
        try schedule?.isPartOver(bytes: bytes) == true && !isEnding
    }

    /// What the signals that have come ask for; signals that come together ask for the same once.
    mutating func requests() throws(SystemError) -> [Request] {
        var requests: [Request] = []
        let wasEnding = isEnding
        var isEndRequested = wasEnding
        while let signal = try signals.next() {
            // A terminal that has gone ends what ran in it.
            if signal == SignalFD.hangUp, !isForeground {
                if !isEndRequested { requests.append(.reload) }
            } else if wasEnding {
                return [.endAtOnce(signal: signal)]
            } else if !isEndRequested {
                isEndRequested = true
                requests.append(.end)
            }
        }
        return requests
    }

    /// Whether another signal has come.
    var hasPendingSignal: Bool { poll(signals.descriptor, for: .readable, timeout: .zero) }

    /// Begins the end.
    ///
    /// - Parameter failure: The first one counts.
    mutating func end(because failure: Failure? = nil) {
        isEnding = true
        prepareLastFlush()
        if self.failure == nil { self.failure = failure }
    }

    /// To be done before the last flush, so that it leaves the ring buffers empty; may be done again.
    private func prepareLastFlush() { actions.beforeLastFlush() }

    func hasReloaded(channels: Int) { log.info("reloaded: \(channels) CPUs have a port") }

    /// Ends the agent's life, once settings are restored: logs what it has done, as a table.
    ///
    /// If a worker does not end, the process does not wait for it: a thread that a file system holds could take for ever.
    mutating func finish(_ report: Report, isWorkerStuck: Bool) {
        resumption.saveEnd(
            isInOrder: failure == nil, percent: nil, mayHoldPages: report.totals[.pending] > 0)
        for line in ReportTable.lines(of: report) { log.info("\(line)") }
        guard isWorkerStuck else { return }
        let reason = failure?.description ?? "a write of trace data does not end"
        log.error("\(reason): exiting without it\(remark)")
        exitAtOnce((failure?.status ?? .outputFailed).rawValue)
    }

    /// Adds what is known of the agent itself, and of the kernel.
    func addFacts(to report: inout Report) {
        facts.add(to: &report)
        report.facts.restarts = resumption.restarts
    }

    /// The line about an event that has ended what is recorded, which is logged.
    func noteTrigger() -> Notice {
        log.notice("an event has ended the recording: what the ring buffers hold is sent")
        return resumption.dumpNotice
    }

    // MARK: what outlives the process

    /// The counters of the ring buffers when an earlier process began to stream, if that goes on.
    var earlierStream: [SavedRing]? { resumption.earlierStream }

    /// Saves what the next process has to know, if that has changed; how an end came about is the last of it.
    mutating func save(_ point: ResumePoint, _ hostUsesWords: Bool, rings: () -> [SavedRing]) {
        if isEnding {
            resumption.saveEnd(
                isInOrder: failure == nil, percent: point.percent, mayHoldPages: point.mayHoldPages)
        } else {
            resumption.save(point, hostUsesWords: hostUsesWords, rings: rings)
        }
    }

    /// Logs what is wrong although streaming has begun.
    mutating func startHasBegun(_ report: Report) {
        startLog.log(report)
        actions.whenStreaming()
    }

    /// Logs how a stop ended, or lets a recording begin another part.
    mutating func stopHasEnded(_ report: Report, startsNext: Bool) {
        if isEnding { prepareLastFlush() }
        guard startsNext, actions.limits != nil else { return stopLog.log(report, isLast: isEnding) }
        do throws(Failure) { try actions.betweenParts() } catch { end(because: error) }
    }

    /// Ends the process because of another signal, once settings are restored.
    mutating func exitBecause(ofSignal signal: CInt) -> Never {
        resumption.saveEnd(isInOrder: failure == nil, percent: nil)
        prepareLastFlush()
        if actions.whatRemains != nil { log.error("ended by another signal\(remark)") }
        exitAtOnce(128 + signal)
    }

    private var remark: String { actions.whatRemains.map { "; \($0())" } ?? "" }
}
