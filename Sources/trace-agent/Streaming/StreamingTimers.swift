import Reactor

/// The timers of `Streaming`: a tick while pages move, the deadline of a stop.
struct StreamingTimers: ~Copyable {
    private let ticks: TimerFD
    private let deadline: TimerFD
    /// Longest time that an event waits in a ring buffer; 0: until the stop.
    private let flushInterval: Duration
    private var lastFlush = ContinuousClock.now
    private var stopDeadline: StopDeadline
    private(set) var isDeadlineSet = false
    /// Time between two ticks; 0: there are none.
    private var period = Duration.zero

    /// Settings that others may have changed are checked at least this often.
    private static let longestTick = Duration.seconds(1)
    /// The same while no ring buffer needs a flush by tick: each one wakes the reactor thread.
    private static let seldomTick = Duration.seconds(2)

    /// - Parameter patience: Longest time that a stop goes on without progress.
    init(
        flushInterval: Duration, patience: Duration, _ reactor: inout AgentReactor
    ) throws(SystemError) {
        let ticks = try TimerFD()
        let deadline = try TimerFD()
        try reactor.watch(ticks.descriptor, for: .readable, as: .flushTimer)
        try reactor.watch(deadline.descriptor, for: .readable, as: .deadline)
        self.ticks = ticks
        self.deadline = deadline
        self.flushInterval = flushInterval
        stopDeadline = StopDeadline(patience: patience)
    }

    // MARK: ticks

    mutating func startTicking() throws(SystemError) {
        lastFlush = .now
        try setPeriod(shortestTick)
    }

    private var shortestTick: Duration {
        flushInterval > .zero ? min(flushInterval, Self.longestTick) : Self.longestTick
    }

    private mutating func setPeriod(_ period: Duration) throws(SystemError) {
        if period == self.period { return }
        self.period = period
        if period > .zero { try ticks.arm(after: period, every: period) } else { try ticks.disarm() }
    }

    /// No ring buffer needs a flush by tick.
    mutating func tickSeldom() throws(SystemError) { if period > .zero { try setPeriod(Self.seldomTick) } }

    /// A ring buffer may need one.
    mutating func tickOften() throws(SystemError) { if period > .zero { try setPeriod(shortestTick) } }

    /// What is to be done after a tick.
    enum Tick { case nothing, check, flush }

    mutating func tick(at now: ContinuousClock.Instant = .now) throws(SystemError) -> Tick {
        guard try ticks.expirations() > 0 else { return .nothing }
        guard flushInterval > .zero else { return .check }
        // A longer interval is a number of ticks, each of which may come a bit early or late.
        guard now - lastFlush > flushInterval - Self.longestTick / 2 || flushInterval <= Self.longestTick
        else {
            return .check
        }
        lastFlush = now
        return .flush
    }

    // MARK: the deadline

    /// A stop begins, and there are no ticks any more.
    ///
    /// - Parameter sent: Bytes that were sent until now, or given up.
    mutating func beginStop(sent: Int) throws(SystemError) {
        try setPeriod(.zero)
        stopDeadline.begin(sent: sent)
        try setDeadline(after: stopDeadline.goesOn(sent: sent) ?? .zero)
    }

    /// The agent ends, within `limit`.
    mutating func endWithin(_ limit: Duration) throws(SystemError) {
        guard stopDeadline.endWithin(limit), isDeadlineSet else { return }
        try setDeadline(after: .zero)
    }

    /// The deadline has passed; sets it anew if something was sent meanwhile.
    ///
    /// - Returns: Whether the stop goes on.
    mutating func extendStop(sent: Int) throws(SystemError) -> Bool {
        guard let next = stopDeadline.goesOn(sent: sent) else { return false }
        try setDeadline(after: next)
        return true
    }

    /// The stop is given up: a worker hands its channel back at once, unless a file system holds it.
    mutating func setHandBackDeadline() throws(SystemError) { try setDeadline(after: .seconds(1)) }

    private mutating func setDeadline(after limit: Duration) throws(SystemError) {
        isDeadlineSet = true
        try deadline.arm(after: max(limit, .milliseconds(1)))
    }

    mutating func clearDeadline() throws(SystemError) {
        isDeadlineSet = false
        try deadline.disarm()
    }

    mutating func hasDeadlinePassed() throws(SystemError) -> Bool {
        guard try deadline.expirations() > 0 else { return false }
        isDeadlineSet = false
        return true
    }
}
