import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// Goes on with what an earlier process of the service did, and saves what the next one has to know.
///
/// Streaming is resumed after a crash and after a restart. It is not resumed after a stop of the service, because systemd
/// then removes the state, nor in a crash loop.
struct Resumption: ~Copyable {
    private let file: StateFile?
    private let plan: ResumePlan
    /// What the earlier process has left, if that is of use.
    private let left: SavedState?
    /// What the next process has to know, as it was written last.
    private var state: SavedState
    private var lastPoint: ResumePoint?
    private var isInstanceNew = false
    /// When the state could not be written; `nil` if it is.
    private var failedAt: ContinuousClock.Instant?
    private var log: LimitedLog

    /// - Parameters:
    ///   - file: Where the state is; `nil` if nothing outlives the process.
    ///   - bootID: The kernel's name of this boot.
    ///   - now: Seconds since the boot.
    init(
        _ file: consuming StateFile?, bootID: String, instance: String, now: Int = secondsSinceBoot,
        _ log: Logger
    ) {
        let found = file?.read(log)
        left = found?.bootID == bootID && found?.instance == instance ? found : nil
        plan = ResumePlan(after: left, now: now)
        state = left ?? SavedState(bootID: bootID, instance: instance)
        self.file = file
        self.log = LimitedLog(log)
        state.restarts = plan.restarts
        state.crashes = plan.crashes
        state.isStreaming = plan.resumes
        state.isEndInOrder = false
        write()
        logPlan()
    }

    private mutating func logPlan() {
        guard let cause = plan.cause else { return }
        if plan.resumes {
            log.log(
                "streaming goes on after a \(cause) (start \(plan.restarts + 1) of the service)",
                level: .notice)
        } else {
            log.log(
                "streaming does not go on: the agent has crashed \(plan.crashes.count + 1) times within a minute; a start order lets it go on",
                level: .error)
        }
    }

    /// How often the service manager has started the agent again; `nil` if that is not counted.
    var restarts: Int? { file == nil ? nil : plan.restarts }

    /// What the earlier process has set and did not restore.
    var percent: SavedPercent? { left?.percent }

    /// The counters of the ring buffers when an earlier process began to stream, if that goes on; none if the ring buffers
    /// are others since.
    var earlierStream: [SavedRing]? { plan.resumes ? (isInstanceNew ? [] : left?.rings) : nil }

    /// What the earlier process had set up in a trace instance of its own, if its stream goes on.
    var setup: TraceSetup? { plan.resumes ? left?.setup : nil }

    /// Whether the tracing in that instance was on.
    var wasTracingOn: Bool { left?.isTracingOn ?? true }

    /// Whether what the earlier process had set up is still in force: it could not put it back.
    var isSetupInForce: Bool { plan.cause == .crash }

    /// The trace instance of the earlier process has gone.
    mutating func instanceIsNew() { isInstanceNew = true }

    /// Whether the earlier process had read what it did not send.
    var losesPipes: Bool { left.map { $0.mayHoldPages ?? $0.isStreaming } ?? false }

    /// The line for a host that was spoken to in words; `nil` if there is none, or nothing to tell it.
    var notice: String? {
        guard let left, left.hostUsesWords, let cause = plan.cause else { return nil }
        return Notice(
            plan.resumes ? .resumed : .stopped, after: cause, restarts: plan.restarts, bootID: left.bootID
        ).lineToSend
    }

    /// The line about an event that has ended what is recorded.
    var dumpNotice: Notice {
        Notice(.dumped, after: .event, restarts: plan.restarts, bootID: state.bootID)
    }

    /// Saves what the next process has to know, if that has changed.
    ///
    /// - Parameter rings: The counters of the ring buffers when streaming began.
    mutating func save(_ point: ResumePoint, hostUsesWords: Bool, rings: () -> [SavedRing]) {
        guard file != nil else { return }
        if point == lastPoint, hostUsesWords == state.hostUsesWords { return writeAgain() }
        lastPoint = point
        state.isStreaming = point.isStreaming
        state.mayHoldPages = point.mayHoldPages
        state.rings = rings()
        state.hostUsesWords = hostUsesWords
        state.percent = point.percent
        (state.setup, state.isTracingOn) = (point.setup, point.isTracingOn)
        write()
    }

    /// The process ends, and what it was doing is to go on after a restart.
    ///
    /// - Parameters:
    ///   - percent: What is not restored yet.
    ///   - mayHoldPages: `nil`: as it was.
    mutating func saveEnd(isInOrder: Bool, percent: SavedPercent?, mayHoldPages: Bool? = nil) {
        guard file != nil else { return }
        var end = state
        end.isEndInOrder = isInOrder
        end.percent = percent
        end.mayHoldPages = mayHoldPages ?? state.mayHoldPages
        if end == state { return }
        state = end
        write()
    }

    private mutating func write() {
        do throws(SystemError) {
            failedAt = nil
            try file?.write(state)
        } catch {
            failedAt = .now
            log.log("a restart will not resume streaming: cannot save the state: \(error.code)")
        }
    }

    /// Tries again what could not be written a second ago.
    private mutating func writeAgain() {
        if let failedAt, ContinuousClock.now - failedAt >= .seconds(1) { write() }
    }
}
