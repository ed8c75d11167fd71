import Glibc
import Reactor
import Support
import Testing

/// The order `metadata` on this machine: the agent makes trace headers after it has dropped its privileges.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct MetadataTests {
    private let folder = TemporaryFolder()
    private var headerPath: String { "\(folder.path)/head.dat" }

    /// Assembles a trace.dat from the saved header and the rig's files, and reads it.
    private func report(_ rig: AgentRig) throws -> TraceReport {
        let output = "\(folder.path)/trace.dat"
        let command = try Command(
            Machine.release("trace-agent"),
            ["assemble", "--force", "-o", output, headerPath] + (0...1).map { rig.path(cpu: $0) })
        guard command.status == 0 else { throw TestFailure(command.errorText) }
        return try TraceReport(of: output)
    }

    private func header(from connection: Connection) throws -> (Announcement, [UInt8]) {
        let line = try Announcement(try connection.line())
        return (line, try connection.bytes(line.bytes))
    }

    @Test func `a client gets a header from which the streams make a trace_dat`() throws {
        let rig = try AgentRig()
        _ = try rig.control.order("status")
        try rig.instance.write(100, cpu: 0)
        #expect(try rig.client("dump").output.hasPrefix("stopped"))
        let command = try rig.client("metadata", ["-o", headerPath, "--json"])
        #expect(command.status == 0)
        let line = try Announcement(command.output)
        #expect(try readFile(headerPath).count == line.bytes)
        #expect(line.instance == rig.instance.name)
        #expect(line.events > 500 && line.symbols > 10_000)
        #expect(line.boot_id + "\n" == (try readText("/proc/sys/kernel/random/boot_id")))
        #expect(try report(rig).count(cpu: 0) == 100)
        // The header can be written to a pipe, too.
        let piped = try rig.client("metadata", ["-o", "-"])
        #expect(piped.status == 0 && piped.output.utf8.count > line.bytes / 2)
    }

    @Test func `sends the header on the control port, in order with other answers`() throws {
        let rig = try AgentRig()
        try rig.control.send("status\nmetadata\n")
        #expect(try rig.control.answer().answer == "status")
        let (line, header) = try header(from: rig.control)
        #expect(line.answer == "metadata" && line.error == nil)
        #expect(try rig.control.order("stop").answer == "stop")
        // The answer line may precede the header in the file.
        try writeBytes(headerPath, Array("{\"answer\":\"metadata\"}\n".utf8) + header)
        try rig.instance.write(10, cpu: 1)
        _ = try rig.control.order("dump")
        #expect(try report(rig).count(cpu: 1) == 10)
    }

    @Test func `makes a valid header without symbols, with a warning`() throws {
        let rig = try AgentRig(options: ["--kallsyms", "/dev/null"])
        _ = try rig.control.order("status")
        let command = try rig.client("metadata", ["-o", headerPath])
        #expect(command.status == 0)
        #expect(command.errorText.contains("warning: no symbols: /proc/kallsyms cannot be read"))
        try rig.instance.write(10, cpu: 0)
        _ = try rig.control.order("dump")
        #expect(try report(rig).count(cpu: 0) == 10)
    }

    @Test func `loses no event of a busy stream while it makes headers`() throws {
        let rig = try AgentRig(ringKiB: 8192, program: Machine.release("trace-agent"))
        _ = try rig.control.order("start")
        let loads = try (0...1).map { try rig.instance.startLoad(cpu: $0, seconds: 3, rate: 50_000) }
        var headers = 0
        let host = try rig.connect()
        while loads[0].isRunning {
            try rig.control.send("metadata\n")
            try host.send("metadata\n")
            for connection in [rig.control, host] {
                #expect(try header(from: connection).0.bytes > 1_000_000)
            }
            headers += 2
        }
        #expect(headers > 4)
        let written = try loads.map { try $0.recordsWritten() }
        let answer = try rig.control.order("stop")
        for cpu in 0...1 {
            #expect(answer.cpus[cpu].lost == 0)
            #expect(try rig.stream(cpu: cpu).numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
    }

    @Test func `serves several clients at once, with one header per order`() throws {
        let rig = try AgentRig(program: Machine.release("trace-agent"))
        _ = try rig.client("status")
        let clients = try (0..<12).map { number in
            try Program(
                Machine.release("trace-agent"),
                ["metadata", "--socket", rig.localSocket, "-o", "\(folder.path)/header\(number)"])
        }
        for client in clients { #expect(client.wait() == 0, "\(client.errorText)") }
        let sizes = try (0..<12).map { try readFile("\(folder.path)/header\($0)").count }
        #expect(sizes.allSatisfy { $0 > 1_000_000 })
        let both = try rig.connect()
        try both.send("metadata\nmetadata\n")
        for _ in 0..<2 { #expect(try header(from: both).0.answer == "metadata") }
        #expect(try rig.agent.anonymousKiB() < 4096)
    }

    @Test func `a client that does not read its header loses it, and delays others for ten seconds`() throws {
        let rig = try AgentRig(program: Machine.release("trace-agent"))
        let idle = try rig.connect()
        try idle.send("metadata\n")
        _ = try idle.line()
        let next = try rig.connect()
        try next.send("metadata\n")
        // The host has its own slot, and orders are still answered.
        try rig.control.send("metadata\n")
        _ = try header(from: rig.control)
        #expect(try rig.control.order("start").state == "streaming")
        _ = try header(from: next)
        #expect(throws: TestFailure.self) { try idle.bytes(100 << 20, within: .seconds(5)) }
        #expect(rig.terminate() == 0)
    }

    @Test(arguments: [false, true])
    func `ends on a signal without waiting for a header`(isOnItsWay: Bool) throws {
        let rig = try AgentRig()
        try rig.control.send("metadata\n")
        if isOnItsWay {
            // Nothing is read, or the header would come as fast as that.
            let hasBegun = poll(rig.control.descriptor, for: .readable, timeout: .seconds(20))
            #expect(hasBegun)
        } else {
            _ = try rig.control.order("status")
        }
        #expect(rig.terminate() == 0)
        // The connection ends before the header does.
        #expect(throws: TestFailure.self) {
            _ = try rig.control.line()
            _ = try rig.control.bytes(1 << 20)
        }
    }

    @Test func `a host gets no part of a header during which another host left`() throws {
        let rig = try AgentRig()
        try rig.control.send("metadata\n")
        _ = try rig.control.bytes(100_000)
        rig.control.close()
        let second = try rig.reconnected()
        #expect(try second.order("status").answer == "status")
        try second.send("metadata\n")
        #expect(try header(from: second).0.bytes > 1_000_000)
    }

    @Test(arguments: ["1", "2"])
    func `drops its privileges for any value of suid_dumpable`(dumpable: String) throws {
        let setting = "/proc/sys/fs/suid_dumpable"
        let before = try readText(setting)
        try writeFile(setting, dumpable)
        defer { try? writeFile(setting, before) }
        let rig = try AgentRig(program: Machine.release("trace-agent"))
        #expect(try rig.control.order("status").state == "stopped")
        try rig.control.send("metadata\n")
        #expect(try header(from: rig.control).0.error == nil)
    }

    @Test func `only two threads keep the read access of root's group`() throws {
        let rig = try AgentRig(program: Machine.release("trace-agent"))
        // The agent drops its privileges last, before it reads orders.
        _ = try rig.control.order("status")
        let gid = try rig.agent.status("Gid").split(separator: " ")[0]
        let readers = try ["trace-headers", "trace-rings"].map { "\(try rig.agent.thread(named: $0))" }
        for thread in try namesIn("/proc/\(rig.agent.pid)/task") {
            let lines = try readText("/proc/\(rig.agent.pid)/task/\(thread)/status").split(separator: "\n")
            let gids = lines.first { $0.hasPrefix("Gid:") }?.split(separator: "\t").dropFirst().joined(
                separator: " ")
            #expect(gids == "\(gid) \(gid) \(gid) \(readers.contains(thread) ? "0" : "\(gid)")")
            // seccomp limits these threads to reading. Landlock does not show here: it has tests of its own.
            #expect(lines.contains("Seccomp:\t\(readers.contains(thread) ? 2 : 0)"))
            #expect(
                lines.contains("CapEff:\t0000000000000000") && lines.contains("CapBnd:\t0000000000000000"))
        }
    }
}
