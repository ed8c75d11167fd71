import Reactor
import Testing

@testable import trace_agent

struct RetryTimerTests {
    private let loop: TestReactor

    init() throws { loop = try TestReactor() }

    @Test func `it fires once, then has to be set again`() throws {
        var timer = try RetryTimer(&loop.reactor)
        var hasFired = try timer.hasFired()
        #expect(!hasFired)
        for _ in 0..<2 {
            try timer.set(.milliseconds(1))
            try loop.event(.retryTimer)
            hasFired = try timer.hasFired()
            #expect(hasFired)
            hasFired = try timer.hasFired()
            #expect(!hasFired)
        }
    }

    @Test(arguments: [
        [Duration.milliseconds(5), .seconds(3600)], [.seconds(3600), .milliseconds(5)],
        [.seconds(3600), nil, .milliseconds(5)], [.milliseconds(5), .milliseconds(5), .seconds(3600)],
    ])
    func `the nearest retry counts`(delays: [Duration?]) throws {
        var timer = try RetryTimer(&loop.reactor)
        for delay in delays { try timer.set(delay) }
        try loop.event(.retryTimer)
        let hasFired = try timer.hasFired()
        #expect(hasFired)
    }

    @Test func `it is off when nothing is to be retried`() throws {
        var timer = try RetryTimer(&loop.reactor)
        try timer.set(.milliseconds(1))
        try timer.set(nil)
        // Another timer shows that the time has passed.
        let other = try TimerFD()
        try loop.reactor.watch(other.descriptor, for: .readable, as: .deadline)
        try other.arm(after: .milliseconds(20))
        try loop.event(.deadline)
        let hasFired = try timer.hasFired()
        #expect(!hasFired)
    }
}
