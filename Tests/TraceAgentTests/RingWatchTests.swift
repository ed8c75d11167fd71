import Testing

@testable import trace_agent

struct RingWatchTests {
    private let start = ContinuousClock.now

    @Test func `a ring buffer that was never reported is left to the ticks`() {
        #expect(RingWatch().renewal == nil)
    }

    @Test func `where reports come often, a missing one is noticed after one and a half times as long`() {
        var watch = RingWatch()
        watch.isReported(at: start)
        #expect(watch.renewal == nil)
        watch.isReported(at: start + .milliseconds(200))
        #expect(watch.renewal == .milliseconds(300))
        watch.isReported(at: start + .milliseconds(210))
        #expect(watch.renewal == .milliseconds(50))
    }

    @Test func `each renewal without a report makes the next one later, until the ticks are enough`() {
        var watch = RingWatch()
        watch.isReported(at: start)
        watch.isReported(at: start + .milliseconds(1))
        var renewals: [Duration] = []
        while let renewal = watch.renewal {
            renewals.append(renewal)
            watch.isRenewed()
        }
        #expect(renewals == [50, 100, 200, 400, 800].map { .milliseconds($0) })
    }

    @Test func `a timer tries more often the more it finds, within limits`() {
        var watch = RingWatch()
        #expect(watch.pollInterval == .milliseconds(5))
        for (count, interval) in [(1, 10), (21, 10), (121, 5), (221, 5), (222, 10)] {
            watch.hasPolled(count: count, ofRingOf: 256)
            #expect(watch.pollInterval == .milliseconds(interval))
        }
        for _ in 0..<20 { watch.hasPolled(count: 222, ofRingOf: 256) }
        #expect(watch.pollInterval == .seconds(1))
    }
}

struct StopDeadlineTests {
    private let start = ContinuousClock.now

    private func after(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func `a stop is over time once nothing was sent for that long`() {
        var deadline = StopDeadline(patience: .seconds(4))
        deadline.begin(sent: 100, at: start)
        var next: Duration?
        next = deadline.goesOn(sent: 100, at: start)
        #expect(next == .seconds(1))
        next = deadline.goesOn(sent: 200, at: after(3.5))
        #expect(next == .seconds(1))
        next = deadline.goesOn(sent: 300, at: after(7))
        #expect(next == .seconds(1))
        next = deadline.goesOn(sent: 300, at: after(10.5))
        #expect(next == .milliseconds(500))
        next = deadline.goesOn(sent: 300, at: after(11))
        #expect(next == nil)
    }

    @Test func `at the exit progress does not put the end off`() {
        var deadline = StopDeadline(patience: .seconds(4))
        deadline.begin(sent: 0, at: start)
        var next: Duration?
        let isFirst = deadline.endWithin(.seconds(6), at: start)
        let isSecondFirst = deadline.endWithin(.seconds(6), at: after(3))
        #expect(isFirst && !isSecondFirst)
        next = deadline.goesOn(sent: 1, at: after(5.5))
        #expect(next == .milliseconds(500))
        next = deadline.goesOn(sent: 2, at: after(6))
        #expect(next == nil)
    }
}

struct InFlightTests {
    @Test func `as many splices as the queue holds count`() {
        var inFlight = InFlight(splices: 3)
        for (size, sum) in [(10, 10), (20, 30), (30, 60), (40, 90), (1, 71)] {
            inFlight.add(size)
            #expect(inFlight.bytes == sum)
        }
    }

    @Test func `an output that is no port holds nothing`() {
        var inFlight = InFlight(splices: 0)
        inFlight.add(4096)
        #expect(inFlight.bytes == 0)
    }
}

struct StarvationTests {
    private let start = ContinuousClock.now
    private let counters = ChannelCounters()

    /// Gives the worker a job at `seconds`, and checks it 100 ms later: for how many seconds it is released.
    private func released(
        _ starvation: inout Starvation, _ placement: Placement, at seconds: Int, isWaiting: Bool = true,
        moving pages: Int = 0
    ) -> Int64? {
        starvation.begin(placement, counters, at: start + .seconds(seconds))
        counters.pages.count(pages)
        return starvation.check(
            placement, counters, isWaiting: isWaiting, at: start + .seconds(seconds) + .milliseconds(100)
        )?.components.seconds
    }

    @Test func `a worker that waits for its CPU is released, twice as long each time, within limits`() {
        var starvation = Starvation()
        let placement = Placement(home: [0])
        var times: [Int64?] = []
        var now = 0
        for _ in 0..<8 {
            times.append(released(&starvation, placement, at: now))
            now += Int(times.last.flatMap(\.self) ?? 0) + 1
        }
        #expect(times == [1, 2, 4, 8, 16, 32, 64, 64])
        // Well at home for longer than that.
        let quiet = released(&starvation, placement, at: now, moving: 1)
        let later = released(&starvation, placement, at: now + 65)
        #expect(quiet == nil && later == 1)
    }

    @Test func `a worker that moves pages, sleeps, or is released already stays as it is`() {
        var starvation = Starvation()
        let placement = Placement(home: [0])
        let moving = released(&starvation, placement, at: 0, moving: 1)
        let sleeping = released(&starvation, placement, at: 1, isWaiting: false)
        let first = released(&starvation, placement, at: 2)
        let again = released(&starvation, placement, at: 2)
        #expect(moving == nil && sleeping == nil && first == 1 && again == nil)
    }

    @Test func `a worker whose time elsewhere is over while its job goes on is asked back`() {
        var starvation = Starvation()
        let placement = Placement(home: [0])
        #expect(!starvation.isReleaseOver(at: start))
        #expect(released(&starvation, placement, at: 0) == 1)
        let during = starvation.isReleaseOver(at: start + .seconds(1))
        let after = starvation.isReleaseOver(at: start + .seconds(2))
        starvation.begin(placement, counters, at: start + .seconds(2))
        let atHome = starvation.isReleaseOver(at: start + .seconds(100))
        #expect(!during && after && !atHome)
    }

    @Test
    func `a worker that moves pages and waits for its CPU is checked again soon, one that sleeps is not`() {
        var starvation = Starvation()
        let placement = Placement(home: [0])
        var now = start
        /// The time to the next check in milliseconds, after a check at the end of the last one.
        func period(moving pages: Int, isWaiting: Bool = true) -> Int64 {
            now += starvation.period
            counters.pages.count(pages)
            _ = starvation.check(placement, counters, isWaiting: isWaiting, at: now)
            let (seconds, attoseconds) = starvation.period.components
            return attoseconds / 1_000_000_000_000_000 + seconds * 1000
        }
        starvation.begin(placement, counters, at: now)
        let busy = (0..<7).map { _ in period(moving: 64) }
        #expect(busy == [20, 40, 80, 160, 320, 640, 1000])
        #expect(period(moving: 0, isWaiting: false) == 1000)
        // Long after that.
        now += .seconds(2)
        #expect(period(moving: 64) == 20)
    }
}
