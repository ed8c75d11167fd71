import Testing

@testable import TraceFile

/// Synthetic clocks, of which the truth is known; the pings are the same each time.
struct ClockOffsetTests {
    private struct Random: RandomNumberGenerator {
        private var state: UInt64

        init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }

        mutating func next() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
    }

    /// A guest's clock: at the host's time h it shows h + offset + drift * h, less what it was paused.
    private struct Guest {
        var offset = 0
        var drift = 0.0
        var pauses: [(at: Int, length: Int)] = []

        func time(_ host: Int) -> Int {
            let paused = pauses.reduce(0) { $0 + min(max(host - $1.at, 0), $1.length) }
            return host - paused + offset + Int((drift * Double(host - paused)).rounded())
        }

        /// A ping that is sent at `sent` of the host, and takes some time each way and in between.
        func ping(at sent: Int, _ random: inout Random) -> ClockPing {
            let read = sent + .random(in: 0...90_000, using: &random)
            let answered = read + .random(in: 0...5000, using: &random)
            let arrived = answered + .random(in: 0...90_000, using: &random)
            return ClockPing(
                sent: sent, received: time(read), answered: time(answered), arrived: arrived)
        }

        func pings(_ count: Int, from start: Int = 1 << 40, _ random: inout Random) -> [ClockPing] {
            var now = start
            return (0..<count).map { _ in
                defer { now += .random(in: 200_000...20_000_000, using: &random) }
                return ping(at: now, &random)
            }
        }

        /// Whether the host's time is found within the bound for each time of the guest that pings surround.
        func agrees(with line: OffsetLine) -> Bool {
            (0...50).allSatisfy { step in
                let time = line.begin.time + (line.end.time - line.begin.time) / 50 * step
                // The inverse of `time`, without pauses; rounding makes it one unit.
                let host = Int(((Double(time) - Double(offset)) / (1 + drift)).rounded())
                return abs(time - host - line.offset(at: time)) <= line.bound + 1
            }
        }
    }

    @Test(arguments: 1...50)
    func `a constant offset lies within the bound, which more pings make smaller`(seed: Int) throws {
        var random = Random(UInt64(seed))
        let guest = Guest(offset: .random(in: -1 << 50...1 << 50, using: &random))
        let host = guest.offset < 0 ? 1 << 51 : 1 << 40
        let pings = guest.pings(200, from: host, &random)
        let offset = ClockOffset(pings, isCounter: true)
        let line = try #require(offset.lines.first)
        #expect(offset.lines.count == 1 && offset.unusable == 0)
        #expect(line.drift == 0)
        #expect(abs(line.begin.offset - guest.offset) <= line.bound)
        #expect(line.agrees(with: pings))
        // The best of both ways: of 200 pings some have taken almost no time.
        #expect(line.bound < 3000)
        let few = try #require(ClockOffset(Array(pings.prefix(5)), isCounter: true).bound)
        #expect(few >= line.bound)
    }

    @Test(arguments: 1...50)
    func `an offset that drifts lies within the bound at all times between the pings`(seed: Int) throws {
        var random = Random(UInt64(seed))
        let guest = Guest(
            offset: .random(in: 0...1 << 44, using: &random),
            drift: .random(in: -0.0005...0.0005, using: &random))
        let pings = guest.pings(150, &random)
        let offset = ClockOffset(pings, isCounter: false)
        let line = try #require(offset.lines.first)
        #expect(offset.lines.count == 1)
        #expect(guest.agrees(with: line))
        #expect(line.agrees(with: pings))
        #expect(line.bound < 30_000)
    }

    @Test(arguments: 1...20)
    func `clocks that do not drift are not said to`(seed: Int) throws {
        var random = Random(UInt64(seed))
        let offset = ClockOffset(Guest(offset: 1 << 43).pings(30, &random), isCounter: false)
        let line = try #require(offset.lines.first)
        #expect(line.drift == 0)
        #expect(abs(line.begin.offset - (1 << 43)) <= line.bound)
    }

    @Test(arguments: 1...50)
    func `a pause is found as a step, and both sides of it lie within the bound`(seed: Int) throws {
        var random = Random(UInt64(seed))
        var guest = Guest(offset: .random(in: 1 << 42...1 << 44, using: &random))
        let before = guest.pings(40, &random)
        let pause = (
            at: (before.last?.arrived ?? 0) + 1_000_000,
            length: Int.random(in: 500_000...1 << 33, using: &random)
        )
        guest.pauses = [pause]
        let pings = before + guest.pings(40, from: pause.at + pause.length + 1_000_000, &random)
        let offset = ClockOffset(pings, isCounter: true)
        #expect(offset.lines.count == 2)
        let (first, last) = (try #require(offset.lines.first), try #require(offset.lines.last))
        #expect(abs(first.begin.offset - guest.offset) <= first.bound)
        #expect(abs(last.begin.offset - guest.offset + pause.length) <= last.bound)
        let step = try #require(offset.steps.first)
        #expect(abs(step.change + pause.length) <= first.bound + last.bound)
        #expect((step.from...step.to).contains(guest.time(pause.at)))
    }

    @Test func `a counter that is scaled drifts, and makes no steps`() {
        var random = Random(7)
        let guest = Guest(offset: 1 << 43, drift: 0.1)
        let offset = ClockOffset(guest.pings(200, &random), isCounter: true)
        #expect(offset.lines.count == 1)
        #expect(offset.lines.allSatisfy { guest.agrees(with: $0) })
    }

    @Test(arguments: [
        ClockPing(sent: 10, received: 5, answered: 4, arrived: 20),
        ClockPing(sent: 20, received: 5, answered: 6, arrived: 10),
        ClockPing(sent: 10, received: 5, answered: 50, arrived: 20),
        ClockPing(sent: 10, received: -5, answered: 5, arrived: 20),
        ClockPing(sent: 10, received: .max, answered: .max, arrived: 20),
        ClockPing(sent: 0, received: .min, answered: .max, arrived: .max),
    ])
    func `times that contradict each other say nothing`(ping: ClockPing) {
        let offset = ClockOffset([ping], isCounter: true)
        #expect(offset.lines.isEmpty && offset.bound == nil && offset.unusable == 1)
    }

    @Test func `a guest's clock that goes back is left out`() {
        let ping = ClockPing(sent: 100, received: 1000, answered: 1001, arrived: 110)
        let back = ClockPing(sent: 200, received: 900, answered: 901, arrived: 210)
        #expect(ClockOffset([ping, back], isCounter: false).unusable == 1)
    }

    @Test func `thousands of hostile pings take no time, and end the program for none`() {
        var random = Random(3)
        let pings = (0..<20_000).map { number in
            ClockPing(
                sent: number * 1000, received: .random(in: 0...1 << 61, using: &random) >> (number % 60),
                answered: .random(in: 0...1 << 62, using: &random), arrived: number * 1000 + 100)
        }
        for isCounter in [true, false] {
            let offset = ClockOffset(pings, isCounter: isCounter)
            #expect(offset.unusable > 0)
            _ = TimeShift(host: 1, [offset]).data(in: .little)
        }
        // A guest that chooses its times freely, in order.
        let orderly = (0..<5000).map { number in
            ClockPing(
                sent: number * 1000, received: number << 40 | Int.random(in: 0...1 << 39, using: &random),
                answered: number << 40 | 1 << 39, arrived: number * 1000 + 1 << 40)
        }
        _ = TimeShift(host: 1, [ClockOffset(orderly, isCounter: false)]).data(in: .big)
    }
}
