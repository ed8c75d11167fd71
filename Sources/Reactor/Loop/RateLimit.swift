/// A token bucket: allows a burst, and then one more after each interval.
package struct RateLimit: Sendable {
    private let burst: Int
    private let interval: Duration
    private var tokens: Int
    private var refilled: ContinuousClock.Instant
    private var refused = 0

    /// Makes a full bucket of `burst` tokens that gains one token each `interval`.
    package init(burst: Int, thenOneEvery interval: Duration, at now: ContinuousClock.Instant = .now) {
        self.burst = burst
        self.interval = interval
        tokens = burst
        refilled = now
    }

    /// Uses a token, and returns whether there was one.
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

    /// How many calls of `admit` returned `false` since the last call of this function.
    package mutating func refusedSinceLastCall() -> Int {
        defer { refused = 0 }
        return refused
    }
}
