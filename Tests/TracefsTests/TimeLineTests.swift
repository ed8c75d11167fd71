import Foundation
import Glibc
import Support
import Testing

/// The time line of a guest that is this machine: both clocks are the same, so that the truth is known.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct TimeLineTests {
    private let host: HostFolder
    private let output: String

    init() throws {
        host = try HostFolder()
        output = "\(host.path)/trace.dat"
    }

    private struct Measurement: Decodable {
        struct Point: Decodable { let offset: Int }
        struct Line: Decodable {
            let begin: Point
            let end: Point
        }
        struct Offset: Decodable { let lines: [Line] }

        let clock: String
        let offset: Offset
        let bound: Int
    }

    @Test func `the offset of each clock to itself lies within the bound`() throws {
        for clock in ["x86-tsc", "mono", "mono_raw", "boot", "tai"] {
            try host.rig.instance.set("trace_clock", clock)
            // The agent notices the change by itself.
            var measured: Measurement?
            _ = try eventually {
                let time = try host.host("time", ["--pings", "20", "--period", "1ms", "--json"])
                measured = try? JSONDecoder().decode(Measurement.self, from: Data(time.output.utf8))
                return measured?.clock == clock
            }
            let result = try #require(measured)
            #expect(result.offset.lines.count == 1)
            for line in result.offset.lines {
                #expect(abs(line.begin.offset) <= result.bound && abs(line.end.offset) <= result.bound)
            }
            print("time line: \(clock) to itself within \(result.bound)")
        }
        try host.rig.instance.set("trace_clock", "global")
        #expect(
            try eventually {
                let time = try host.host("time")
                return time.status == 69 && time.errorText.contains("the trace clock global cannot be read")
            })
    }

    /// Starts a recording of both, and waits until it has begun.
    private func startRecording(_ command: [String]) throws -> (record: Program, instance: String) {
        let begun = "\(host.path)/begun"
        let record = try host.start(
            "record",
            [
                "-o", output, "--host-events", "sched:sched_process_hang", "--", "sh", "-c",
                "echo > \(begun); exec \"$@\"", "-",
            ] + command)
        guard eventually({ access(begun, F_OK) == 0 }) else { throw TestFailure(record.errorText) }
        return (record, "\(TraceInstance.top)/instances/trace-host-\(record.pid)")
    }

    @Test func `markers of both files are in their order, in nanoseconds as in cycles`() throws {
        try host.rig.instance.set("trace_clock", "mono")
        try #require(eventually { try host.host("status", ["--json"]).output.contains("\"clock\":\"mono\"") })
        let (record, instance) = try startRecording(["sleep", "60"])
        for number in 0..<100 {
            try writeFile("\(instance)/trace_marker", "mark \(number) 0")
            try host.rig.instance.set("trace_marker", "mark \(number) 1")
        }
        record.signal(SIGINT)
        #expect(record.wait() == 128 + SIGTERM, "\(record.errorText)")
        let report = try Command(
            "trace-cmd", ["report", "-t", "-i", "\(host.path)/trace.host.dat", "-i", output])
        #expect(report.status == 0 && report.errorText.isEmpty, "\(report.errorText)")
        let marks = report.output.split(separator: "\n").compactMap { line in
            line.firstRange(of: "mark ").map { String(line[$0.upperBound...]) }
        }
        // Two markers are closer to each other than both clocks are known: those of a file stay in order.
        for file in 0...1 {
            #expect(marks.filter { $0.hasSuffix(" \(file)") } == (0..<100).map { "\($0) \(file)" })
        }
        #expect(marks.count == 200)
    }

    @Test func `a clock that is changed meanwhile ends the time line, which is said, and not the recording`()
        throws
    {
        try host.rig.instance.set("trace_clock", "mono")
        try #require(eventually { try host.host("status", ["--json"]).output.contains("\"clock\":\"mono\"") })
        let record = try startRecording(["sleep", "60"]).record
        try host.rig.instance.set("trace_clock", "tai")
        try host.rig.instance.write(50, cpu: 0)
        record.signal(SIGINT)
        #expect(record.wait() == 128 + SIGTERM)
        #expect(
            record.errorText.contains("on no time line with its host: its trace clock has changed from mono"),
            "\(record.errorText)")
        #expect(try TraceReport(of: output).count(cpu: 0) == 50)
        #expect(try !Command("trace-cmd", ["dump", "--options", "-i", output]).output.contains("TimeShift"))
    }

    @Test func `a recording of the host that is killed with its program leaves no instance behind`() throws {
        try host.rig.instance.set("trace_clock", "mono")
        try #require(eventually { try host.host("status", ["--json"]).output.contains("\"clock\":\"mono\"") })
        let (record, instance) = try startRecording(["sleep", "2"])
        #expect(access(instance, F_OK) == 0)
        record.kill()
        #expect(eventually { access(instance, F_OK) == -1 })
        #expect(try eventually { try TraceReport(of: "\(host.path)/trace.host.dat").events.isEmpty })
    }

    @Test func `two guests and their host are linked, by one recording of the host`() throws {
        let other = try HostFolder(try AgentRig(.fifos, program: Machine.release("trace-agent")))
        for guest in [host, other] {
            try guest.rig.instance.set("trace_clock", "mono")
            try #require(
                eventually { try guest.host("status", ["--json"]).output.contains("\"clock\":\"mono\"") })
        }
        let record = try Command(
            Machine.release("trace-host"),
            [
                "record", host.path, other.path, "-o", output, "--host-events", "sched:sched_process_hang",
                "--",
                "true",
            ])
        #expect(record.status == 0, "\(record.errorText)")
        let options = { (path: String) in try Command("trace-cmd", ["dump", "--options", "-i", path]).output }
        let ids = { (text: String) in text.matches(of: /TRACEID, 8 bytes]\n(0x\w+)/).map { String($0.1) } }
        let guests = try namesIn(host.path).filter { $0.hasPrefix("trace-") && $0.hasSuffix(".dat") }
            .map { try options("\(host.path)/\($0)") }
        let own = ids(try options("\(host.path)/trace.host.dat"))
        #expect(guests.count == 2 && own.count == 1)
        let peers = guests.map { $0.matches(of: /(0x\w+) \[peer's trace id]/).map { String($0.1) } }
        #expect(peers == [own, own])
        #expect(Set(guests.map(ids) + [own]).count == 3)
    }

    @Test func `where the host's events cannot be recorded, nothing is`() throws {
        try host.rig.instance.set("trace_clock", "mono")
        try #require(eventually { try host.host("status", ["--json"]).output.contains("\"clock\":\"mono\"") })
        let record = try host.host(
            "record", ["-o", output, "--host-events", "no_such_event", "--duration", "10s"])
        #expect(record.status == 69)
        #expect(record.errorText.contains("--host-events: the host's recording has not begun"))
        let unasked = try host.host(
            "record",
            ["-o", output, "--host-events", "sched", "--monitor", "\(host.path)/none", "--duration", "10s"])
        #expect(unasked.status == 69)
        #expect(unasked.errorText.contains("there is no monitor \(host.path)/none"))
        #expect(try host.host("status", ["--json"]).output.contains("\"state\":\"stopped\""))
        #expect(try namesIn(host.path).filter { $0.hasPrefix("trace.") }.isEmpty)
    }
}
