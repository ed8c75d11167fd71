import Glibc
import Reactor
import Support
import Testing

@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct OutputTests {
    /// Runs `-o` without a control port, two CPUs recording, and checks what came out against what was written.
    private func checkOutput(
        to output: Program.Output, skipping prefix: Int = 0, collect: (Program) throws -> [UInt8]
    ) throws {
        let instance = try TraceInstance(ringKiB: 8192)
        let folder = TemporaryFolder()
        let agent = try Program(
            Machine.program("trace-agent"),
            ["--foreground", "-o", "--ports", folder.path, "--instance", instance.name], output: output)
        #expect(eventually { agent.errorText.contains("streaming") })
        let loads = try (0...1).map { try instance.startLoad(cpu: $0, seconds: 1, rate: 100_000) }
        let written = try loads.map { try $0.recordsWritten() }
        let bytes = try collect(agent)
        #expect(agent.wait() == 0, "\(agent.errorText)")
        let stream = PageStream(
            Array(bytes.dropFirst(prefix)), rawDataType: try TraceInstance.rawDataType(), isOneCPU: false)
        #expect(stream.flaw == nil)
        for cpu in 0...1 { #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu]))) }
    }

    @Test func `two CPUs into one file do not overwrite each other`() throws {
        let path = temporaryPath()
        defer { unlink(path) }
        try checkOutput(to: .truncate(path)) { agent in
            agent.signal(SIGINT)
            _ = agent.wait()
            return try readFile(path)
        }
    }

    @Test func `appending keeps what the file held`() throws {
        let path = temporaryPath()
        defer { unlink(path) }
        try writeFile(path, "before")
        try checkOutput(to: .append(path), skipping: 6) { agent in
            agent.signal(SIGINT)
            _ = agent.wait()
            return try readFile(path)
        }
        #expect(try readFile(path).starts(with: Array("before".utf8)))
    }

    private func checkOutput(through ends: [CInt]) throws {
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reader = FileDescriptor(owning: ends[0])
        var writeEnd: FileDescriptor? = FileDescriptor(owning: ends[1])
        try checkOutput(to: .descriptor(ends[1])) { agent in
            _ = writeEnd.take()
            agent.signal(SIGINT)
            return try readAll(reader)
        }
    }

    @Test func `a pipe gets whole pages`() throws {
        var ends: [CInt] = [-1, -1]
        #expect(pipe(&ends) == 0)
        try checkOutput(through: ends)
    }

    @Test func `a socket gets whole pages`() throws {
        var ends: [CInt] = [-1, -1]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue), 0, &ends) == 0)
        try checkOutput(through: ends)
    }

    /// Starts `-o` on what is wrong, with something to write, and expects its exit code and message.
    private func expectFailure(_ code: CInt, _ message: String, output: Program.Output)
        throws
    {
        let instance = try TraceInstance()
        let folder = TemporaryFolder()
        for cpu in 0...1 { try instance.write(20_000, cpu: cpu) }
        let agent = try Program(
            Machine.program("trace-agent"),
            ["--foreground", "-o", "--ports", folder.path, "--instance", instance.name], output: output)
        #expect(agent.wait() == code)
        #expect(agent.errorText.contains(message), "\(agent.errorText)")
    }

    @Test func `a terminal is refused with a hint`() throws {
        var (master, slave): (CInt, CInt) = (-1, -1)
        #expect(openpty(&master, &slave, nil, nil, nil) == 0)
        let terminal = FileDescriptor(owning: master)
        defer { _ = terminal.rawValue }
        let itsOtherSide = FileDescriptor(owning: slave)
        try expectFailure(64, "-o > trace.raw", output: .descriptor(itsOtherSide.rawValue))
    }

    @Test func `a reader that has gone ends it with 74`() throws {
        var ends: [CInt] = [-1, -1]
        #expect(pipe(&ends) == 0)
        close(ends[0])
        let writeEnd = FileDescriptor(owning: ends[1])
        try expectFailure(74, "has closed it", output: .descriptor(writeEnd.rawValue))
    }

    @Test func `a full disk ends it with 74`() throws {
        let disk = try SmallDisk(kiB: 256)
        try expectFailure(74, "No space left on device", output: .truncate("\(disk.path)/full"))
    }

    @Test func `a file that may not grow ends it with 74`() throws {
        let instance = try TraceInstance()
        let folder = TemporaryFolder()
        try instance.write(20_000, cpu: 0)
        let script = "ulimit -f 64; exec \"$0\" --foreground -o --ports \"$1\" --instance \"$2\" > \"$1/out\""
        // As users build it: a sanitizer keeps its shadow memory in a file, and does not start under that limit.
        let program = Machine.release("trace-agent")
        let agent = try Program("sh", ["-c", script, program, folder.path, instance.name])
        #expect(agent.wait() == 74)
        #expect(agent.errorText.contains("File too large"), "\(agent.errorText)")
    }

    @Test func `an output that fails while a start waits ends it, and touches no port`() throws {
        let instance = try TraceInstance()
        let folder = TemporaryFolder()
        try writeFile("\(folder.path)/trace-path-cpu0", "")
        let socket = try StreamSocket("\(folder.path)/agent-ctl-path")
        var ends: [CInt] = [-1, -1]
        #expect(socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0)
        let reader = FileDescriptor(owning: ends[0])
        let writeEnd = FileDescriptor(owning: ends[1])
        let agent = try Program(
            Machine.program("trace-agent"),
            ["-o", "--cpu", "0", "--ports", folder.path, "--instance", instance.name],
            output: .descriptor(writeEnd.rawValue))
        let control = try socket.accept()
        _ = try control.order("start")
        try instance.write(20_000, cpu: 0)
        #expect(try eventually { try control.order("status").cpus[0].state == "blocked" })
        try control.send("0\n1\n")
        #expect(try control.order("status").state == "flushing")
        shutdown(reader.rawValue, CInt(SHUT_RDWR))
        #expect(agent.wait() == 74)
        #expect(try readFile("\(folder.path)/trace-path-cpu0").isEmpty)
    }
}
