import Glibc
import Testing

@testable import Reactor

struct TimerTests {
    @Test func `a timer expires once, or periodically until it is disarmed`() throws {
        let timer = try TimerFD()
        #expect(try timer.expirations() == 0)
        try timer.arm(after: .milliseconds(1))
        let expired = poll(timer.descriptor, for: .readable, timeout: .seconds(10))
        #expect(expired)
        #expect(try timer.expirations() == 1)
        try timer.arm(after: .milliseconds(1), every: .milliseconds(1))
        for _ in 0..<3 {
            let expiredAgain = poll(timer.descriptor, for: .readable, timeout: .seconds(10))
            #expect(expiredAgain)
            #expect(try timer.expirations() >= 1)
        }
        try timer.disarm()
        #expect(try timer.expirations() == 0)
    }
}
