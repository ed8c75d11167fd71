import Testing

@testable import TraceFile

/// The bytes of the options, read as trace-cmd reads them.
struct TimeShiftTests {
    /// What a reader makes of TIME_SHIFT for one CPU.
    private struct Reader {
        let host: UInt64
        let interpolates: Bool
        let points: [(time: Int, offset: Int)]

        init(_ data: [UInt8], cpus: UInt32 = 1) throws {
            func number<Number: FixedWidthInteger>(_ type: Number.Type, _ at: Int) -> Number {
                data.withUnsafeBytes { ByteOrder.little.load(type, $0, at: at) }
            }
            host = number(UInt64.self, 0)
            interpolates = number(UInt32.self, 8) == 1
            #expect(number(UInt32.self, 12) == cpus)
            let count = Int(number(UInt32.self, 16))
            points = (0..<count).map { index in
                (number(Int.self, 20 + 8 * index), number(Int.self, 20 + 8 * (count + index)))
            }
            // Scaling 1, fraction 0, and nothing behind.
            let size = Int(cpus) * (4 + 24 * count)
            #expect(data.count == 16 + size + Int(cpus) * 8 * count)
            #expect(data[(16 + size)...].allSatisfy { $0 == 0 })
        }

        /// In 64 bits, signed, which must not overflow.
        func host(_ time: Int) throws -> Int {
            guard points.count > 1 else { return time + points[0].offset }
            let next = points.firstIndex { $0.time > time } ?? points.count - 1
            let (from, to) = (points[max(next, 1) - 1], points[max(next, 1)])
            let product = (time - from.time).multipliedReportingOverflow(by: to.offset - from.offset)
            #expect(!product.overflow)
            return time + from.offset + product.partialValue / (to.time - from.time)
        }
    }

    private func line(_ begin: Int, _ offset: Int, to end: Int, _ last: Int) -> OffsetLine {
        OffsetLine(
            begin: OffsetPoint(time: begin, offset: offset), end: OffsetPoint(time: end, offset: last),
            bound: 10)
    }

    private func shift(_ lines: [OffsetLine], cpus: Int = 1) throws -> Reader {
        let offset = ClockOffset(known: lines)
        let data = TimeShift(host: 77, Array(repeating: offset, count: cpus)).data(in: .little)
        return try Reader(data, cpus: UInt32(cpus))
    }

    @Test func `a constant offset is one sample for each CPU`() throws {
        let reader = try shift([line(1000, -5_000_000, to: 9000, -5_000_000)], cpus: 3)
        #expect(reader.host == 77 && !reader.interpolates && reader.points.count == 1)
        #expect(try reader.host(4000) == 5_004_000)
    }

    @Test(arguments: [60, 3600, 86_400])
    func `a drift of hours is not too much for a reader's 64 bits, also an hour before and after`(
        seconds: Int
    ) throws {
        let (begin, length) = (1 << 50, seconds * 1_000_000_000)
        let drift = line(begin, 1 << 45, to: begin + length, 1 << 45 + length / 10_000)
        let reader = try shift([drift])
        #expect(reader.interpolates)
        #expect(zip(reader.points, reader.points.dropFirst()).allSatisfy { $0.time < $1.time })
        for part in 0...20 {
            let time = begin + length / 20 * part
            #expect(abs(try reader.host(time) - (time - drift.offset(at: time))) <= 1)
        }
        for time in [begin - 3600 * 1_000_000_000, begin + length + 3600 * 1_000_000_000] {
            // What the rounding of the first or last piece becomes.
            #expect(abs(try reader.host(time) - (time - drift.offset(at: time))) < 10_000)
        }
    }

    @Test func `a step is one unit wide, and on both sides the offset is exact`() throws {
        let pause = 1 << 42
        let reader = try shift([
            line(1000, 500, to: 2_000_000_000, 500),
            line(4_000_000_000, 500 - pause, to: 6_000_000_000, 500 - pause),
        ])
        #expect(reader.points.map(\.time) == [1000, 3_999_999_999, 4_000_000_000, 6_000_000_000])
        for time in [0, 1000, 3_000_000_000, 3_999_999_999] { #expect(try reader.host(time) == time - 500) }
        for time in [4_000_000_000, 5_000_000_000, 1 << 50] {
            #expect(try reader.host(time) == time - 500 + pause)
        }
    }

    @Test func `steps between single pings have samples at different times`() throws {
        let reader = try shift([line(10, 5, to: 10, 5), line(11, 9, to: 11, 9), line(12, 1, to: 12, 1)])
        #expect(zip(reader.points, reader.points.dropFirst()).allSatisfy { $0.time < $1.time })
        #expect(try reader.host(12) == 11)
    }

    @Test(arguments: [(3_000_000_000, 1_000_000_000), (2_445_427_000, 1_000_000_001), (1000, 1_000_000)])
    func `a measured scale gives the nanoseconds that were measured`(cycles: Int, nanoseconds: Int) throws {
        let scale = try #require(CounterScale(cycles: cycles, nanoseconds: nanoseconds))
        #expect(scale.mult <= UInt32(Int32.max) && scale.shift <= 32)
        #expect(abs(scale.nanoseconds(cycles) - nanoseconds) <= 1)
    }

    @Test func `a scale that trace-cmd would read as negative is none`() {
        #expect(CounterScale(mult: 1 << 31, shift: 30) == nil)
        #expect(CounterScale(mult: 0, shift: 30) == nil)
        #expect(CounterScale(mult: 5, shift: 33) == nil)
        #expect(CounterScale(cycles: 0, nanoseconds: 5) == nil)
        #expect(CounterScale(mult: 5, shift: 2)?.nanoseconds(4) == 5)
    }

    @Test func `a guest's link has its name, id, and each CPU's thread`() {
        let link = GuestLink(
            name: "vm\u{0}1", id: 0x0102, threads: [.init(cpu: 0, id: 700), .init(cpu: 3, id: 9)])
        let expected: [UInt8] =
            Array("vm1".utf8) + [0, 2, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0] + [0, 0, 0, 0, 0xbc, 2, 0, 0]
            + [3, 0, 0, 0, 9, 0, 0, 0]
        #expect(link.data(in: .little) == expected)
    }
}
