import Reactor
import Testing

struct RateLimitTests {
    @Test func `a rate limit admits a burst, then one per interval`() {
        let start = ContinuousClock.now
        var limit = RateLimit(burst: 3, thenOneEvery: .seconds(1), at: start)
        func admit(_ count: Int, after delay: Duration) -> [Bool] {
            (0..<count).map { _ in limit.admit(at: start + delay) }
        }
        #expect(admit(5, after: .zero) == [true, true, true, false, false])
        #expect(limit.refusedSinceLastCall() == 2)
        #expect(admit(2, after: .milliseconds(1500)) == [true, false])
        #expect(admit(1, after: .seconds(2)) == [true])
        #expect(admit(4, after: .seconds(3600)) == [true, true, true, false])
    }
}
