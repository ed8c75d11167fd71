import Support
import Testing

@testable import TraceFile

/// The files of a host and a guest, put together by trace-cmd.
@Suite(.enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"))
struct LinkedFileTests {
    private let folder = TemporaryFolder()
    private let kernel = ForeignKernel()

    /// Writes a file with a marker at each of `times`, CPU by CPU, named after its place.
    private func file(
        _ name: String, _ times: [[Int]], _ links: [TimeLineOption], as format: TraceFileFormat,
        isCompact: Bool = false
    ) throws -> String {
        try writeBytes("\(folder.path)/\(name).head", kernel.header(clock: "x86-tsc"))
        var streams: [CPUStream] = []
        for (cpu, times) in times.enumerated() {
            let path = "\(folder.path)/\(name).cpu\(cpu)"
            let pages = times.enumerated().flatMap { number, time in
                kernel.page(at: UInt64(time), [.marker("\(name) \(cpu) \(number)", delta: 0)])
            }
            try writeBytes(path, pages)
            streams.append(try CPUStream(opening: path))
        }
        var assembly = try Assembly(
            try TraceHeader(opening: "\(folder.path)/\(name).head"), streams, as: format, linkedBy: links)
        let types = EventTypes()
        let surveys = try assembly.survey(types: types)
        if isCompact { assembly = try assembly.compacted(to: types) }
        let output = try NewFile(at: "\(folder.path)/\(name).dat")
        try assembly.write(Assembly.files(surveys)[0], to: output.content)
        try output.replaceTarget()
        return "\(folder.path)/\(name).dat"
    }

    /// The names of the markers and their times in nanoseconds, as trace-cmd shows them, in its order.
    private func report(_ arguments: [String]) throws -> [(name: String, time: Int)] {
        let report = try Command("trace-cmd", ["report", "-t"] + arguments)
        #expect(report.status == 0 && report.errorText.isEmpty, "\(report.errorText)")
        return report.output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard let print = words.firstIndex(of: "print:"), print > 0,
                let name = line.firstRange(of: "_text: ") ?? line.firstRange(of: "0x0: ")
                    ?? line.firstRange(of: ": ", after: "print:")
            else { return nil }
            let digits = words[print - 1].filter { $0.isNumber }
            return Int(digits).map { (String(line[name.upperBound...]), $0) }
        }
    }

    @Test(arguments: [TraceFileFormat.version6, .version7(.none), .version7(.zstd)])
    func `trace-cmd reads every option, and shows a guest's events at the host's times`(
        format: TraceFileFormat
    ) throws {
        // A pause of 3 s of 2 GHz, and before it an offset that is not a multiple of anything.
        let (first, pause) = (-123_456_789_012, 6_000_000_000)
        let lines = [
            OffsetLine(
                begin: OffsetPoint(time: 1_000_000_000, offset: first),
                end: OffsetPoint(time: 9_000_000_000, offset: first), bound: 5),
            OffsetLine(
                begin: OffsetPoint(time: 12_000_000_000, offset: first - pause),
                end: OffsetPoint(time: 20_000_000_000, offset: first - pause), bound: 5),
        ]
        let scale = try #require(CounterScale(mult: 1 << 30, shift: 31))
        let offsets = [ClockOffset(known: lines), ClockOffset(known: Array(lines.prefix(1)))]
        let guestTimes = [
            [500_000_000, 1_000_000_000, 5_000_000_000, 11_999_999_998, 12_000_000_000, 25_000_000_000],
            [6_000_000_000, 30_000_000_000],
        ]
        let guest = try file(
            "guest", guestTimes,
            [.traceID(0x1234_5678_9abc), .timeShift(TimeShift(host: 0x4242, offsets)), .counterScale(scale)],
            as: format, isCompact: true)
        // Just before and just after each of CPU 0.
        let hostTime = { (time: Int) in time - first + (time >= 12_000_000_000 ? pause : 0) }
        let hostTimes = guestTimes[0].flatMap { [hostTime($0) - 20, hostTime($0) + 20] }
        let threads = [LinkedGuest.Thread(cpu: 0, id: 700), LinkedGuest.Thread(cpu: 1, id: 701)]
        let host = try file(
            "host", [hostTimes],
            [
                .traceID(0x4242),
                .guest(LinkedGuest(name: "machine", id: 0x1234_5678_9abc, threads: threads)),
                .counterScale(scale),
            ], as: format)
        let merged = try report(["-i", host, "-i", guest])
        let expected = guestTimes[0].indices.flatMap {
            ["host 0 \(2 * $0)", "guest 0 \($0)", "host 0 \(2 * $0 + 1)"]
        }
        #expect(merged.map(\.name).filter { !$0.hasPrefix("guest 1") } == expected)
        for (name, time) in merged {
            let number = Int(name.split(separator: " ").last ?? "") ?? 0
            let cycles =
                name.hasPrefix("host")
                ? hostTimes[number]
                : name.hasPrefix("guest 1") ? guestTimes[1][number] - first : hostTime(guestTimes[0][number])
            #expect(abs(time - cycles / 2) <= 1, "\(name)")
        }
        let options = try Command("trace-cmd", ["dump", "--options", "-i", guest]).output
        #expect(options.contains("TRACEID") && options.contains("TimeShift") && options.contains("TSC2NSEC"))
        let hostOptions = try Command("trace-cmd", ["dump", "--options", "-i", host]).output
        #expect(hostOptions.contains("machine") && hostOptions.contains("700") && hostOptions.contains("701"))
        for path in [guest, host] {
            #expect(try Command("trace-cmd", ["dump", "--validate", "-i", path]).status == 0)
        }
    }

    @Test func `trace-cmd interpolates a drift of hours within a nanosecond`() throws {
        let (begin, length) = (1 << 41, 7200 * 1_000_000_000)
        let line = OffsetLine(
            begin: OffsetPoint(time: begin, offset: 1 << 40),
            end: OffsetPoint(time: begin + length, offset: 1 << 40 + length / 5000), bound: 5)
        let times = (0...50).map { begin + length / 50 * $0 }
        let one = try #require(CounterScale(mult: 1 << 30, shift: 30))
        let guest = try file(
            "guest", [times],
            [
                .traceID(1),
                .timeShift(TimeShift(host: 2, [ClockOffset(known: [line]), ClockOffset(known: [line])])),
                .counterScale(one),
            ], as: .version6)
        let host = try file("host", [[5]], [.traceID(2), .counterScale(one)], as: .version6)
        let shown = try report(["-i", host, "-i", guest]).filter { $0.name.hasPrefix("guest") }
        #expect(shown.count == times.count)
        for ((_, time), guestTime) in zip(shown, times) {
            #expect(abs(time - (guestTime - line.offset(at: guestTime))) <= 1)
        }
    }
}

extension StringProtocol where SubSequence == Substring {
    fileprivate func firstRange(of text: String, after mark: String) -> Range<Index>? {
        guard let mark = firstRange(of: mark) else { return nil }
        return self[mark.upperBound...].firstRange(of: text)
    }
}
