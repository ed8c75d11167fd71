import Glibc
import Reactor
import Support
import Testing

/// Who gets what in a trace header, and what a header is where the kernel lacks something.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct HeaderAccessTests {
    private let folder = TemporaryFolder()

    /// The group that may give the agent of a test orders.
    private static var group: UInt32 {
        get throws { try User.named("virtio-trace")?.gid ?? 0 }
    }

    /// `trace-agent metadata`, begun by a member of the group, or by root.
    private func metadata(_ rig: AgentRig, to name: String, asRoot: Bool) throws -> Program {
        let words = [
            Machine.program("trace-agent"), "metadata", "--socket", rig.localSocket, "-o",
            "\(folder.path)/\(name)",
        ]
        if asRoot { return try Program(words[0], Array(words.dropFirst())) }
        return try Program(
            "setpriv", ["--reuid", "65534", "--regid", "\(try Self.group)", "--clear-groups"] + words)
    }

    /// The first digits of the kernel's addresses, as symbols and printk formats have them.
    private static var prefix: String {
        get throws {
            let first = try FileDescriptor.open("/proc/kallsyms", .readOnly).contents().split(separator: "\n")
                .first { !$0.hasPrefix("0000000000000000") }
            guard let first else { throw TestFailure("the kernel hides its symbols") }
            return String(first.prefix(9))
        }
    }

    /// The host's header.
    private func header(_ rig: AgentRig) throws -> (Announcement, [UInt8]) {
        try rig.control.send("metadata\n")
        let line = try Announcement(try rig.control.line())
        return (line, try rig.control.bytes(line.bytes))
    }

    private func text(_ name: String) throws -> String { try readText("\(folder.path)/\(name)") }

    @Test func `only root and the host get the kernel's addresses, however their orders meet`() throws {
        let rig = try AgentRig()
        _ = try rig.control.order("status")
        let prefix = try Self.prefix
        let clients = try (0..<8).map { try metadata(rig, to: "header\($0)", asRoot: $0 % 2 == 0) }
        let (line, header) = try header(rig)
        #expect(line.symbols > 10_000 && line.error == nil)
        #expect(String(decoding: header, as: UTF8.self).contains("0x\(prefix)"))
        for (index, client) in clients.enumerated() {
            #expect(client.wait() == 0, "\(client.errorText)")
            let header = try text("header\(index)")
            #expect(header.utf8.count > 100_000)
            #expect(header.contains(prefix) == (index % 2 == 0))
            #expect(client.errorText.contains("--symbols-for-group") == (index % 2 == 1))
        }
        // What the group gets can be read.
        try rig.instance.write(10, cpu: 0)
        _ = try rig.control.order("dump")
        #expect(try report(rig, "header1").count(cpu: 0) == 10)
    }

    @Test func `an option gives the group the kernel's addresses`() throws {
        let rig = try AgentRig(options: ["--symbols-for-group"])
        _ = try rig.control.order("status")
        let client = try metadata(rig, to: "header", asRoot: false)
        #expect(client.wait() == 0)
        #expect(try text("header").contains(try Self.prefix))
        // A slow machine's client may say that it waits, but not how to get what it was given.
        #expect(!client.errorText.contains("--symbols-for-group"))
    }

    private func report(_ rig: AgentRig, _ name: String) throws -> TraceReport {
        let output = "\(folder.path)/trace.dat"
        let command = try Command(
            Machine.program("trace-agent"),
            ["assemble", "--force", "-o", output, "\(folder.path)/\(name)"]
                + (0...1).map { rig.path(cpu: $0) })
        guard command.status == 0 else { throw TestFailure(command.errorText) }
        return try TraceReport(of: output)
    }

    @Test(arguments: ["printk_formats", "saved_cmdlines", "events/header_event"])
    func `streams without a file that only headers need, and says what they lack`(name: String) throws {
        // A socket in the file's place cannot be opened, even by root.
        _ = try StreamSocket("\(folder.path)/nothing", staying: true)
        let script = "mount --bind \(folder.path)/nothing \(TraceInstance.top)/\(name) && exec \"$0\" \"$@\""
        let rig = try AgentRig(
            in: try TraceInstance(), program: "unshare",
            prefix: ["-m", "sh", "-c", script, Machine.program("trace-agent")])
        try rig.instance.write(20, cpu: 0)
        #expect(try rig.control.order("dump").complete)
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<20))
        let client = try metadata(rig, to: "header", asRoot: true)
        #expect(client.wait() == 0)
        #expect(client.errorText.contains("the header lacks \(name): No such device or address"))
        if !name.hasPrefix("events/") {
            #expect(rig.agent.errorText.split(separator: "lack what cannot be opened: \(name)").count == 2)
        }
        // trace-cmd can read it, too.
        #expect(try report(rig, "header").count(cpu: 0) == 20)
    }

    // MARK: without Landlock

    /// An agent for which the kernel has no Landlock.
    private func rigWithoutLandlock(_ options: [String] = []) throws -> AgentRig {
        try AgentRig(
            in: try TraceInstance(), options: options, program: Machine.product("without-landlock"),
            prefix: [Machine.program("trace-agent")])
    }

    private func fileGroup(_ rig: AgentRig) throws -> String {
        let reader = try rig.agent.thread(named: "trace-headers")
        let lines = try readText("/proc/\(rig.agent.pid)/task/\(reader)/status").split(separator: "\n")
        return lines.first { $0.hasPrefix("Gid:") }.map { String($0.split(separator: "\t")[4]) } ?? ""
    }

    @Test func `without Landlock no thread keeps root's group, and headers are those of the start`() throws {
        let rig = try rigWithoutLandlock()
        _ = try rig.control.order("status")
        #expect(try fileGroup(rig) == rig.agent.status("Gid").split(separator: " ")[0])
        #expect(
            rig.agent.errorText.contains("no Landlock here: all trace headers will be those of this start"))
        let (before, first) = try header(rig)
        #expect(before.error?.hasPrefix("made when the agent started") == true)
        #expect(before.symbols > 10_000)
        try rig.instance.write(10, cpu: 0)
        _ = try rig.control.order("dump")
        #expect(try header(rig).1 == first)
        // Nor does the group get addresses this way.
        let member = try metadata(rig, to: "member", asRoot: false)
        #expect(member.wait() == 0)
        #expect(try !text("member").contains(try Self.prefix))
        #expect(try text("member").utf8.count > 100_000)
        #expect(try report(rig, "member").count(cpu: 0) == 10)
    }

    @Test func `without Landlock the thread keeps root's group only if an option says so`() throws {
        let rig = try rigWithoutLandlock(["--header-thread-without-landlock"])
        _ = try rig.control.order("status")
        #expect(try fileGroup(rig) == "0")
        #expect(
            rig.agent.errorText.contains(
                "no Landlock here: the threads that build trace headers and open ring buffers are less"))
        let (line, _) = try header(rig)
        #expect(line.error == nil)
        #expect(line.bytes > 1_000_000)
    }
}
