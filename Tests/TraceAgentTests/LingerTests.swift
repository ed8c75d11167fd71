import Testing

@testable import trace_agent

/// How long a worker keeps its channel.
struct LingerTests {
    private let start = ContinuousClock.now

    @Test func `as long as reports come it waits for the next, and renews a wait that is in vain`() {
        var linger = Linger(flushInterval: .seconds(1), at: start)
        linger.begin(isFlush: false, at: start)
        _ = linger.isReported(at: start + .milliseconds(200))
        let first = linger.time(at: start + .milliseconds(200))
        let end = linger.hasTimedOut(at: start + .milliseconds(500))
        let second = linger.time(at: start + .milliseconds(500))
        #expect(first == .milliseconds(300) && end == .renewal && second == .milliseconds(600))
    }

    @Test func `what has waited for a flush interval is sent, and a report begins another`() {
        var linger = Linger(flushInterval: .seconds(1), at: start)
        linger.begin(isFlush: true, at: start)
        #expect(linger.time(at: start + .milliseconds(100)) == .milliseconds(900))
        #expect(linger.hasTimedOut(at: start + .seconds(1)) == .flush)
        _ = linger.isReported(at: start + .milliseconds(1500))
        _ = linger.isReported(at: start + .milliseconds(1700))
        #expect(linger.hasTimedOut(at: start + .milliseconds(2000)) == .renewal)
        #expect(linger.hasTimedOut(at: start + .milliseconds(2700)) == .flush)
    }

    @Test func `an interrupted drain does not put the flush off, and one that begins anew does not hurry it`()
    {
        var linger = Linger(flushInterval: .seconds(1), at: start)
        linger.begin(isFlush: false, at: start)
        linger.begin(isFlush: false, at: start + .milliseconds(900))
        #expect(linger.hasTimedOut(at: start + .seconds(1)) == .flush)
        linger.begin(isFlush: false, at: start + .seconds(10))
        #expect(linger.time(at: start + .seconds(10)) == .seconds(1))
    }

    @Test func `a long flush interval is not waited for`() {
        var linger = Linger(flushInterval: .seconds(60), at: start)
        linger.begin(isFlush: true, at: start)
        #expect(linger.time(at: start) == .seconds(1))
        #expect(linger.hasTimedOut(at: start + .seconds(1)) == nil)
    }

    @Test func `without a flush interval it waits only for reports that come often`() {
        var linger = Linger(flushInterval: .zero, at: start)
        linger.begin(isFlush: false, at: start)
        #expect(linger.time(at: start) == .milliseconds(20))
        _ = linger.isReported(at: start + .milliseconds(400))
        #expect(linger.time(at: start + .milliseconds(400)) == .milliseconds(600))
        #expect(linger.hasTimedOut(at: start + .seconds(1)) == nil)
    }
}
