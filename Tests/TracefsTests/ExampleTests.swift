import Glibc
import Reactor
import Support
import Testing

/// The scripts of `examples/`, with agents on this machine as guests, and names with blanks.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct ExampleTests {
    private let folder = TemporaryFolder()
    private var output: String { "\(folder.path)/a trace.dat" }

    private func guest() throws -> HostFolder {
        try HostFolder(
            try AgentRig(
                .fifos, options: ["--flush-interval", "50ms"], program: Machine.release("trace-agent")))
    }

    private static func words(_ example: String, _ arguments: [String]) -> [String] {
        ["TRACE_HOST=\(Machine.release("trace-host"))", "\(Machine.sources)/examples/\(example)"] + arguments
    }

    private func run(_ example: String, _ arguments: [String]) throws -> Command {
        try Command("env", Self.words(example, arguments))
    }

    @Test func `a guest is recorded while a command runs, whose exit code is passed on`() throws {
        let guest = try guest()
        // Its words arrive as they are.
        let script = #"for n in 1 2 3; do echo "$1" > "$2/trace_marker"; done; exit 5"#
        let command = ["--", "sh", "-c", script, "sh", "two * $words", guest.rig.instance.path]
        let record = try run("record-command", [output, guest.path] + command)
        #expect(record.status == 5, "\(record.errorText)")
        #expect(try TraceReport(of: output).markers("two * $words").count == 3)
        #expect(record.output.hasSuffix(" 3 ftrace:print\n"), "\(record.output)")
        let second = try run("record-command", [output, guest.path] + command)
        #expect(second.status == 64 && second.output == "")
    }

    @Test func `each trigger of a flight recorder makes a file, until it is ended`() throws {
        let guest = try guest()
        let trigger = "\(folder.path)/a trigger"
        // One that is there already is a trigger, too; the file of an earlier recording stays.
        try writeFile(trigger, "")
        try writeFile("\(output).1", "")
        try guest.rig.instance.write(300, cpu: 0)
        let recorder = try Program(
            "env", Self.words("flight-recorder", [output, trigger, guest.path, "--timeout", "20s"]),
            unblocksSignals: true)
        var isArmed: Bool {
            access(trigger, F_OK) != 0 && recorder.errorText.contains("a file \(trigger)")
        }
        try #require(eventually { isArmed }, "\(recorder.errorText)")
        try guest.rig.instance.write(1000, cpu: 1)
        try writeFile(trigger, "")
        try #require(eventually { access("\(output).3", F_OK) == 0 && isArmed }, "\(recorder.errorText)")
        try guest.rig.instance.write(500, cpu: 0)
        recorder.signal(SIGUSR1)
        try #require(eventually { access("\(output).4", F_OK) == 0 && isArmed }, "\(recorder.errorText)")
        recorder.signal(SIGTERM)
        #expect(recorder.wait() == 0, "\(recorder.errorText)")
        let reports = try (2...4).map { try TraceReport(of: "\(output).\($0)") }
        #expect(reports.map { $0.count(cpu: 0) } == [300, 0, 500])
        #expect(reports.map { $0.count(cpu: 1) } == [0, 1000, 0])
        #expect(try namesIn(folder.path).count == 4)
        // What it had started has ended, too: it would keep others from recording.
        let next = try guest.host("record", ["-o", output, "--duration", "100ms"])
        #expect(next.status == 0, "\(next.errorText)")
    }

    @Test func `a trigger that cannot be removed ends a flight recorder after one file`() throws {
        let guest = try guest()
        let trigger = "\(folder.path)/trigger"
        mkdir(trigger, 0o700)
        defer { rmdir(trigger) }
        let recorder = try run("flight-recorder", [output, trigger, guest.path])
        #expect(recorder.status == 74, "\(recorder.errorText)")
        #expect(try namesIn(folder.path).sorted() == ["a trace.dat.1", "trigger"])
    }

    @Test func `several guests are recorded into one folder`() throws {
        let guests = [try guest(), try guest()]
        try guests[0].rig.instance.write(700, cpu: 0)
        try guests[1].rig.instance.write(900, cpu: 1)
        let traces = "\(folder.path)/all traces"
        defer { _ = try? Command("rm", ["-r", traces]) }
        let record = try run("record-guests", [traces] + guests.map(\.path) + ["--duration", "200ms"])
        #expect(record.status == 0, "\(record.errorText)")
        let made = String(record.output.prefix { $0 != "\n" })
        #expect(try namesIn(traces).map { "\(traces)/\($0)" } == [made])
        let reports = try guests.map { guest in
            try TraceReport(of: "\(made)/trace-\(guest.path.split(separator: "/").last ?? "").dat")
        }
        #expect(reports.map { $0.count(cpu: 0) } == [700, 0])
        #expect(reports.map { $0.count(cpu: 1) } == [0, 900])
    }

    @Test func `a night is recorded in parts, and pushes out the oldest one`() throws {
        let guest = try guest()
        let nights = "\(folder.path)/all nights"
        defer { _ = try? Command("rm", ["-r", nights]) }
        // The last one has recorded nothing.
        let old = ["2026-01-01T01-00-00", "2026-01-02T01-00-00", "2026-01-03T01-00-00"]
        mkdir(nights, 0o700)
        for name in old + ["notes"] { mkdir("\(nights)/\(name)", 0o700) }
        for name in old.prefix(2) { try writeFile("\(nights)/\(name)/trace.dat.1", "") }
        try guest.rig.instance.write(400, cpu: 0)
        let words = Self.words("record-nightly", [nights, "2", guest.path, "--split-every", "300ms"])
        let record = try Program("env", words, unblocksSignals: true)
        var made: String? { try? namesIn(nights).first { !(old + ["notes"]).contains($0) } }
        try #require(
            eventually { made.map { access("\(nights)/\($0)/trace.dat.1", F_OK) == 0 } ?? false },
            "\(record.errorText)")
        // As systemd ends it.
        record.signal(SIGTERM)
        #expect(record.wait() == 0, "\(record.errorText)")
        let name = try #require(made)
        let night = "\(nights)/\(name)"
        #expect(try namesIn(nights).sorted() == [old[1], name, "notes"])
        let parts = try namesIn(night)
        #expect(parts.count > 1)
        let counts = try parts.map { try TraceReport(of: "\(night)/\($0)").count(cpu: 0) }
        #expect(counts.reduce(0, +) == 400)
    }

    @Test(
        arguments: [
            "record-command FILE GUEST -- true", "flight-recorder FILE TRIGGER GUEST",
            "record-guests FILE GUEST", "record-nightly FILE 2 GUEST",
        ])
    func `wrong words, and a guest that is not there, are told apart by the exit code`(line: String) throws {
        let words = line.split(separator: " ").map(String.init)
        let nothing = try run(words[0], [])
        #expect(nothing.status == 64 && nothing.errorText.hasPrefix("usage: \(words[0]) "))
        let names = ["FILE": output, "TRIGGER": "\(folder.path)/now", "GUEST": "\(folder.path)/none"]
        defer { _ = try? Command("rm", ["-r", output]) }
        let missing = try run(words[0], words.dropFirst().map { names[$0] ?? $0 })
        #expect(missing.status == 69, "\(missing.errorText)")
    }
}
