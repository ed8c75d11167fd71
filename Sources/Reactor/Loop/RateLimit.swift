/// A token bucket: at most so many at once, and one more after each interval.
package struct RateLimit {
    private let burst: Int
    private let interval: Duration
    private var tokens: Int
    private var refilled: ContinuousClock.Instant
    private var refused = 0

    package init(burst: Int, thenOneEvery interval: Duration, at now: ContinuousClock.Instant = .now) {
        self.burst = burst
        self.interval = interval
        tokens = burst
        refilled = now
    }

    /// Whether one more may pass.
    package mutating func admit(at now: ContinuousClock.Instant = .now) -> Bool {
        let earned = Int((now - refilled) / interval)
        if earned > 0 {
            tokens = min(burst, tokens + min(earned, burst))
            refilled += interval * earned
        }
        guard tokens > 0 else {
            refused += 1
            return false
        }
        tokens -= 1
        return true
    }

    /// How many did not pass since this was last asked.
    package mutating func refusedSinceLastCall() -> Int {
        defer { refused = 0 }
        return refused
    }
}
