import Foundation
import Glibc
import Reactor
import Support
import Testing

/// `trace-host watch` and `export` with a real agent; trace-cmd is the judge of the text.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct WatchTests {
    private let host: HostFolder
    private let output: String

    init() throws {
        host = try HostFolder(ringKiB: 8192)
        output = "\(host.path)/trace.dat"
    }

    /// An object of JSON as `watch --json` prints it.
    private struct Line: Decodable {
        struct Fields: Decodable {
            let id: UInt32?
            let buf: String?
        }
        let time: UInt64?
        let cpu: Int
        let fields: Fields?

        /// The number of a record of trace-load.
        var number: UInt64? { fields?.buf.flatMap { UInt64($0.prefix(16), radix: 16)?.byteSwapped } }
    }

    private func lines(_ text: [UInt8]) throws -> [Line] {
        let objects = text.split(separator: UInt8(ascii: "\n")).joined(separator: [UInt8(ascii: ",")])
        return try JSONDecoder().decode([Line].self, from: Data("[".utf8) + Data(objects) + Data("]".utf8))
    }

    private func start(_ words: [String], _ output: Program.Output) throws -> Program {
        try Program(Machine.release("trace-host"), words, output: output)
    }

    private func waitUntilStreaming(_ program: Program) throws {
        let isStreaming = try eventually {
            try host.host("status", ["--json"]).output.contains("\"state\":\"streaming\"")
        }
        guard isStreaming else { throw TestFailure(program.errorText) }
    }

    @Test func `20 000 events a second of two CPUs are printed in order, each once`() throws {
        let printed = "\(host.path)/printed"
        let watch = try start(["watch", host.path, "--json", "--window", "1s"], .truncate(printed))
        try waitUntilStreaming(watch)
        let loads = try [0, 1].map { try host.rig.instance.startLoad(cpu: $0, seconds: 1, rate: 10_000) }
        for load in loads { #expect(try load.recordsWritten() == 10_000) }
        watch.signal(SIGINT)
        #expect(watch.wait() == 0, "\(watch.errorText)")
        #expect(watch.errorText == "", "\(watch.errorText)")
        let lines = try lines(try readFile(printed))
        for cpu in 0...1 {
            let numbers = lines.filter { $0.cpu == cpu }.compactMap(\.number)
            let isWhole = numbers == Array(0..<10_000)
            #expect(isWhole, "CPU \(cpu): \(numbers.count)")
        }
        let times = lines.compactMap(\.time)
        let isInOrder = zip(times, times.dropFirst()).allSatisfy { $0 <= $1 }
        #expect(isInOrder && times.count == 20_000)
        #expect(try host.host("status", ["--json"]).output.contains("\"state\":\"stopped\""))
    }

    @Test func `of a flood is said what was not printed, and the recording beside it lacks nothing`() throws {
        // Nobody reads what is printed until the flood is over.
        let (fifo, printed, go) = ("\(host.path)/fifo", "\(host.path)/printed", "\(host.path)/go")
        try makeFIFO(fifo)
        let reader = try Program(
            "sh", ["-c", "exec < \(fifo); until [ -e \(go) ]; do sleep 0.05; done; exec cat > \(printed)"])
        let watch = try start(["watch", host.path, "-o", output], .truncate(fifo))
        try waitUntilStreaming(watch)
        let written = try host.rig.instance.startLoad(cpu: 0, seconds: 1.5, rate: 60_000, size: 512)
            .recordsWritten()
        #expect(
            try eventually {
                try FileDescriptor.open("\(output).cpu0", .readOnly).size() > written * 520
            })
        try writeFile(go, "")
        watch.signal(SIGINT)
        #expect(watch.wait() == 0 && reader.wait() == 0, "\(watch.errorText)")
        let lines = try Command(
            "sh", ["-c", "grep -c raw_data \(printed); grep -o '[0-9]* PAGES' \(printed)"]
        )
        .output.split(separator: "\n").map { $0.prefix { $0 != " " } }.compactMap { Int($0) }
        let (events, skipped) = (lines.first ?? 0, lines.dropFirst().reduce(0, +))
        #expect(
            skipped > 0 && watch.errorText.contains("\(skipped) pages were not printed"),
            "\(watch.errorText)")
        // 7 records of 512 bytes fit into a page; of the first and the last ones there may be fewer.
        #expect(events > 0 && abs(events + 7 * skipped - written) <= 14, "\(events) \(skipped) of \(written)")
        #expect(try TraceReport.countsOfLibrary(output).reduce(0, +) == written)
        #expect(try host.rig.instance.lost(cpu: 0) == 0)
    }

    @Test func `a recording that goes on is printed as it grows, and ends with it`() throws {
        let record = try host.start("record", ["-o", output])
        try waitUntilStreaming(record)
        let printed = "\(host.path)/printed"
        let watch = try start(["watch", output, "--window", "500ms"], .truncate(printed))
        for cpu in 0...1 { try host.rig.instance.write(1000, cpu: cpu) }
        let lineCount = { try readFile(printed).count { $0 == UInt8(ascii: "\n") } }
        #expect(try eventually { try lineCount() == 2000 }, "\(watch.errorText)")
        try host.rig.instance.write(500, cpu: 1)
        record.signal(SIGINT)
        #expect(record.wait() == 0)
        #expect(watch.wait() == 0, "\(watch.errorText)")
        #expect(try lineCount() == 2500)
        let finished = try Command(Machine.release("trace-host"), ["watch", output])
        #expect(finished.status == 0 && finished.errorText == "", "\(finished.errorText)")
        // The names of tasks that began later were not known while it went on.
        let isEqual =
            try finished.output.split(separator: "\n").map { $0.drop { $0 != "[" } }
            == readText(printed).split(separator: "\n").map { $0.drop { $0 != "[" } }
        #expect(isEqual)
    }

    @Test func `a guest whose output nobody reads any more is stopped`() throws {
        let watch = try Program(
            "sh", ["-c", "\(Machine.release("trace-host")) watch \(host.path) | head -1"])
        try waitUntilStreaming(watch)
        try host.rig.instance.write(1000, cpu: 0)
        _ = eventually { watch.wait(.zero) != nil || (try? host.rig.instance.write(1000, cpu: 0)) == nil }
        #expect(watch.wait() == 0)
        #expect(try host.host("status", ["--json"]).output.contains("\"state\":\"stopped\""))
    }

    @Test(arguments: [false, true])
    func `the agent is stopped if the decoder dies, and what was recorded is kept`(isRecorded: Bool) throws {
        let watch = try start(["watch", host.path] + (isRecorded ? ["-o", output] : []), .null)
        try waitUntilStreaming(watch)
        try host.rig.instance.write(1000, cpu: 0)
        let children = try readText("/proc/\(watch.pid)/task/\(watch.pid)/children").split(separator: " ")
        let decoder = children.compactMap { pid_t($0) }.first { pid in
            let words = (try? readText("/proc/\(pid)/cmdline").split(separator: "\0")) ?? []
            return words.dropFirst().first == "print"
        }
        #expect(kill(try #require(decoder), SIGSEGV) == 0)
        #expect(watch.wait() == 65)
        #expect(watch.errorText.contains("the decoder was ended by signal 11"), "\(watch.errorText)")
        #expect(try host.host("status", ["--json"]).output.contains("\"state\":\"stopped\""))
        if isRecorded { #expect(try TraceReport.countsOfLibrary(output).reduce(0, +) == 1000) }
    }

    @Test func `after a kill the recording ends in order`() throws {
        let watch = try start(["watch", host.path, "-o", output], .null)
        try waitUntilStreaming(watch)
        try host.rig.instance.write(1000, cpu: 0)
        watch.signal(SIGKILL)
        #expect(watch.wait() == 128 + SIGKILL)
        #expect(eventually { access(output, F_OK) == 0 })
        #expect(try TraceReport.countsOfLibrary(output).reduce(0, +) == 1000)
    }
}
