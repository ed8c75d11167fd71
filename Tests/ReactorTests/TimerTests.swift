import Glibc
import Testing

@testable import Reactor

struct TimerTests {
    @Test func `a timer fires once, or again and again, until it is disarmed`() throws {
        let timer = try TimerFD()
        #expect(try timer.expirations() == 0)
        try timer.arm(after: .milliseconds(1))
        let fired = poll(timer.descriptor, for: .readable, timeout: .seconds(10))
        #expect(fired)
        #expect(try timer.expirations() == 1)
        try timer.arm(after: .milliseconds(1), every: .milliseconds(1))
        for _ in 0..<3 {
            let firedAgain = poll(timer.descriptor, for: .readable, timeout: .seconds(10))
            #expect(firedAgain)
            #expect(try timer.expirations() >= 1)
        }
        try timer.disarm()
        #expect(try timer.expirations() == 0)
    }

    @Test func `a blocked signal is something to read`() throws {
        let signals = try SignalFD([SIGUSR1])
        #expect(try signals.next() == nil)
        // To this thread: another might not have it blocked.
        pthread_kill(pthread_self(), SIGUSR1)
        #expect(try signals.next() == SIGUSR1)
        #expect(try signals.next() == nil)
    }
}
