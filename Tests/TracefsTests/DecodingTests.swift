import Glibc
import Reactor
import Support
import Testing

/// What `trace-host watch` and `export` make of a trace.dat, against `trace-cmd report`.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct DecodingTests {
    private let rig: AgentRig
    private let host = Machine.release("trace-host")

    private var head: String { "\(rig.folder.path)/head" }
    private var file: String { "\(rig.folder.path)/trace.dat" }

    /// Records the scheduler, interrupts, trace-load and a task whose name has a blank.
    init() throws {
        rig = try AgentRig(.files, program: Machine.release("trace-agent"))
        guard eventually({ access(rig.localSocket, F_OK) == 0 }) else { throw TestFailure("no agent") }
        for system in ["sched", "irq", "workqueue"] { try rig.instance.set("events/\(system)/enable", "1") }
        _ = try rig.client("start")
        let name = "printf 'a b=c' > /proc/self/comm; for i in 1 2 3 4 5; do sleep 0.01; done"
        _ = try Command("sh", ["-c", name])
        for cpu in 0...1 { try rig.instance.write(300, cpu: cpu) }
        try rig.instance.set("trace_marker", "B|42|work\n")
        for system in ["sched", "irq", "workqueue"] { try rig.instance.set("events/\(system)/enable", "0") }
        _ = try rig.client("stop")
        _ = try rig.client("metadata", ["-o", head])
    }

    private func assemble(_ options: [String]) throws {
        let made = try Command(
            host, ["assemble", "--force", "-o", file, head, rig.path(cpu: 0), rig.path(cpu: 1)] + options)
        guard made.status == 0 else { throw TestFailure(made.errorText) }
    }

    /// The lines of events that trace-cmd prints, without the name of the trace instance.
    private func report(_ options: [String] = []) throws -> [Substring] {
        let report = try Command("trace-cmd", ["report", "-i", file] + options)
        return report.output.split(separator: "\n").filter { !$0.hasPrefix("cpus=") }.map { line in
            let mark = "\(rig.instance.name): "
            return line.drop { $0 == " " }.hasPrefix(mark)
                ? line.drop { $0 == " " }.dropFirst(mark.count) : line
        }
    }

    @Test func `each event has the text that trace-cmd gives it, in every version of the file`() throws {
        for options in [["--v6"], [], ["--compression", "zstd"]] {
            try assemble(options)
            let watch = try Command(host, ["watch", file])
            #expect(watch.status == 0 && watch.errorText == "", "\(watch.errorText)")
            let (ours, theirs) = (watch.output.split(separator: "\n"), try report())
            #expect(ours.count == theirs.count && ours.count > 700)
            let different = zip(ours, theirs).first { $0 != $1 }
            #expect(different == nil, "\(options): \(String(describing: different))")
        }
        let without = try Command(host, ["watch", "-N", "-e", "sched:*", "-e", "raw_data", file])
        let expected = try report(["-N"]).filter { $0.contains(": sched_") || $0.contains(": raw_data:") }
        let isEqual = without.output.split(separator: "\n") == expected
        #expect(isEqual && expected.count > 600)
    }

    @Test func `the export for Perfetto has each event that trace-cmd has, in lines that Perfetto reads`()
        throws
    {
        try assemble([])
        let text = "\(rig.folder.path)/trace.txt"
        #expect(try Command(host, ["export", "--perfetto-text", file, "-o", text]).status == 0)
        let lines = try readText(text).split(separator: "\n")
        #expect(lines.first == "# tracer: nop")
        // What src/trace_processor/importers/systrace of Perfetto expects of a line.
        let form = #/^\s*(\S+)-(\d+) \[(\d+)\]\s+(\d+\.\d{9}): (\S+):(.*)$/#
        var counts: [Substring: Int] = [:]
        var switches = 0
        for line in lines where !line.hasPrefix("#") {
            let match = try #require(try form.wholeMatch(in: line), "\(line)")
            counts[match.5, default: 0] += 1
            guard match.5 == "sched_switch" else { continue }
            switches += 1
            let pairs = match.6.split(separator: " ").map { $0.split(separator: "=", maxSplits: 1) }
            let words = Dictionary(pairs.filter { $0.count == 2 }.map { ($0[0], $0[1]) }) { first, _ in first
            }
            for key in ["prev_pid", "prev_prio", "next_pid", "next_prio"] {
                #expect(words[Substring(key)].flatMap { Int($0) } != nil, "\(line)")
            }
        }
        #expect(switches > 5)
        var expected: [Substring: Int] = [:]
        let event = #/\d+\.\d{9}: (\S+):/#
        for line in try report(["-N", "-t"]) {
            if let match = line.firstMatch(of: event) { expected[match.1, default: 0] += 1 }
        }
        #expect(counts == expected && counts["raw_data"] == 600)
        #expect(lines.contains { $0.hasSuffix(": print: B|42|work") })
        #expect(lines.contains { $0.contains("prev_comm=a_b_c ") }, "a name with a blank")
    }
}
