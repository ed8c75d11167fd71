import Reactor

/// When a stop is given up: once nothing has been sent for a time, and at the exit after a time in all.
struct StopDeadline {
    /// Longest time without progress.
    private let patience: Duration
    private var lastProgress = ContinuousClock.now
    private var sent = 0
    /// When the exit must be over; `nil` if the agent does not end.
    private var exit: ContinuousClock.Instant?

    init(patience: Duration) { self.patience = patience }

    /// A stop begins.
    ///
    /// - Parameter sent: Bytes that were sent until now, or given up.
    mutating func begin(sent: Int, at now: ContinuousClock.Instant = .now) {
        self.sent = sent
        lastProgress = now
    }

    /// The agent ends within `limit`; a later call does not put that off.
    ///
    /// - Returns: Whether this was the first call.
    mutating func endWithin(_ limit: Duration, at now: ContinuousClock.Instant = .now) -> Bool {
        guard exit == nil else { return false }
        exit = now + limit
        return true
    }

    /// Whether the stop goes on.
    ///
    /// - Returns: When to ask again; `nil` if it is over time.
    mutating func goesOn(sent: Int, at now: ContinuousClock.Instant = .now) -> Duration? {
        if sent != self.sent { (self.sent, lastProgress) = (sent, now) }
        let end = lastProgress + patience
        let left = min(end, exit ?? end) - now
        // A part of the patience: progress is noticed only here.
        return left > .zero ? min(left, max(patience / 4, .milliseconds(1))) : nil
    }
}
