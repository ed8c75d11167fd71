import Glibc
import Reactor
import Support
import Testing

/// The host's program with a real agent; trace-cmd is the judge.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct HostTests {
    private let host: HostFolder
    private let output: String

    init() throws {
        host = try HostFolder()
        output = "\(host.path)/trace.dat"
    }

    private func load(_ count: Int) -> [String] {
        [
            "--", Machine.release("trace-load"), "write", host.rig.instance.path, "0", "0.01",
            "\(count * 100)", "64",
        ]
    }

    /// Starts a recording of a program that would run for a minute, and waits until it has begun.
    ///
    /// - Returns: The recording, and the program's process.
    private func startRecording() throws -> (record: Program, command: pid_t) {
        let begun = "\(host.path)/begun"
        let record = try host.start(
            "record",
            [
                "-o", output, "--force", "--", "sh", "-c",
                "echo $$ > \(begun).new; mv \(begun).new \(begun); exec sleep 60",
            ])
        guard eventually({ access(begun, F_OK) == 0 }) else { throw TestFailure(record.errorText) }
        defer { unlink(begun) }
        return (record, pid_t(try readText(begun).dropLast()) ?? 0)
    }

    @Test func `start, status, stop and metadata`() throws {
        try host.rig.instance.write(50, cpu: 0)
        let started = try host.host("start")
        #expect(started.output.hasPrefix("streaming, trace instance \(host.rig.instance.name)\n"))
        let stopped = try host.host("stop", ["--json"])
        #expect(stopped.status == 0)
        #expect(try Answer(stopped.output).cpus[0].bytes == 4096)
        let header = "\(host.path)/head.dat"
        #expect(try host.host("metadata", ["-o", header]).status == 0)
        let isHeader = try readFile(header).starts(with: [0x17, 0x08, 0x44] + Array("tracing6".utf8))
        #expect(isHeader)
    }

    @Test
    func
        `a command is recorded, its exit code passed on, and what lay in the ports before is not in the file`()
        throws
    {
        // Nobody reads these.
        try host.rig.instance.write(300, cpu: 0)
        let dumped = try host.host("dump", ["--json"])
        #expect(dumped.status == 0)
        let record = try host.host("record", ["-o", output] + load(4000))
        #expect(record.status == 0, "\(record.errorText)")
        let dropped = try Answer(dumped.output).cpus[0].bytes
        #expect(record.errorText.contains("\(dropped) bytes of an earlier recording"))
        #expect(!record.errorText.contains("warning"), "\(record.errorText)")
        #expect(try TraceReport(of: output).count(cpu: 0) == 4000)
        #expect(try host.rig.instance.stat("read events", cpu: 0) == 4300)
        // The parts are gone.
        #expect(try namesIn(host.path).filter { $0.hasPrefix("trace.dat") } == ["trace.dat"])

        let failed = try host.host("record", ["-o", output, "--force", "--", "sh", "-c", "exit 7"])
        #expect(failed.status == 7, "\(failed.errorText)")
        #expect(try host.host("record", ["-o", output, "--force", "--", "/no/such/program"]).status == 64)
        #expect(try host.host("status", ["--json"]).output.contains("\"state\":\"stopped\""))
    }

    @Test func `after a kill the printed command makes the file, and a second recording goes on`() throws {
        let (record, command) = try startRecording()
        try host.rig.instance.write(2000, cpu: 0)
        #expect(try eventually { try readFile("\(output).cpu0").count > 0 })
        record.signal(SIGKILL)
        // The end of the recording is noticed once this has gone, too.
        if command > 0 { kill(command, SIGTERM) }
        #expect(record.wait() == 128 + SIGKILL)
        try host.rig.instance.write(3000, cpu: 0)

        let said = record.errorText
        let start = try #require(said.firstRange(of: "trace-host assemble"))
        let line = said[start.lowerBound...].split(separator: "\n")[0]
        let program = Machine.program("trace-host")
        let assembled = try Command("sh", ["-c", "\(program)\(line.dropFirst(10))"])
        #expect(assembled.status == 0, "\(assembled.errorText)")
        let first = try TraceReport(of: output).count(cpu: 0)
        #expect(first > 0, "\(assembled.output)\(assembled.errorText)\(said)")

        let second = try startRecording().record
        second.signal(SIGTERM)
        // COMMAND is ended by a signal.
        #expect(second.wait() == 128 + SIGTERM, "\(second.errorText)")
        #expect(second.errorText.contains("the agent streams already"))
        #expect(second.errorText.contains("files of an earlier recording are left as they are"))
        // Each record once.
        #expect(try first + TraceReport(of: output).count(cpu: 0) == 5000, "\(second.errorText)")
    }

    @Test func `a full disk ends the recording with what there is`() throws {
        let disk = try SmallDisk(kiB: 40 << 10)
        let path = "\(disk.path)/trace.dat"
        let record = try host.start("record", ["-o", path])
        let load = try host.rig.instance.startLoad(cpu: 0, seconds: 20, rate: 40_000, size: 512)
        #expect(record.wait() == 74)
        load.end()
        #expect(
            record.errorText.contains("the disk is full: the recording has ended early"),
            "\(record.errorText)")
        #expect(try TraceReport(of: path).count(cpu: 0) > 1000)
        #expect(try host.host("status", ["--json"]).output.contains("\"state\":\"stopped\""))
    }
}
