import Glibc
import Reactor
import Support
import Testing

/// The agent under a service manager that the test plays, and what it is once everything is open.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct ManagedTests {
    private let folder = TemporaryFolder()
    private let manager: NotifySocket

    init() throws { manager = try NotifySocket("\(folder.path)/notify") }

    private func rig(
        _ sink: AgentRig.Sink = .files, ringKiB: Int = 2048, options: [String] = [],
        watchdog: Duration? = nil,
        program: String = Machine.program("trace-agent")
    ) throws -> AgentRig {
        var environment = ["NOTIFY_SOCKET=\(manager.path)", AgentRig.withoutLeaks]
        if let watchdog {
            environment.append("WATCHDOG_USEC=\(watchdog.components.attoseconds / 1_000_000_000_000)")
        }
        return try AgentRig(
            in: try TraceInstance(ringKiB: ringKiB), folder: try AgentRig.makeFolder(sink), options: options,
            program: program, environment: environment)
    }

    @Test func `tells when it is ready, what it does, and that it stops`() throws {
        let rig = try rig()
        #expect(try manager.message() == "READY=1")
        #expect(try manager.message() == "STATUS=stopped, 2 CPUs, 0.0 MiB sent, 0 events lost")
        _ = try rig.control.order("start")
        _ = try rig.instance.startLoad(cpu: 0, seconds: 0.1, rate: 200_000).recordsWritten()
        let status = try manager.message(with: "MiB/s, 1.")
        #expect(status?.hasPrefix("STATUS=streaming, 2 CPUs, ") == true, "\(status ?? "none")")
        rig.agent.signal(SIGHUP)
        #expect(try manager.message(with: "RELOADING") == "RELOADING=1")
        #expect(try manager.message() == "READY=1")
        #expect(rig.terminate() == 0)
        #expect(try manager.message(with: "STOPPING") == "STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000")
        #expect(try manager.message()?.hasPrefix("STATUS=stopped, 2 CPUs, 1.") == true)
    }

    @Test func `the watchdog hears of it for as long as the loop and the workers go on, and no longer`()
        throws
    {
        let rig = try rig(.null, watchdog: .milliseconds(600))
        _ = try rig.control.order("start")
        let load = try rig.instance.startLoad(cpu: 0, seconds: 5, rate: 50_000)
        for _ in 0..<3 { #expect(try manager.message(with: "WATCHDOG=1") != nil) }
        let output = "\(folder.path)/held"
        let holder = try Program(
            Machine.product("hold-thread"), ["\(try rig.agent.thread(named: "trace-cpu0"))"],
            output: .truncate(output))
        #expect(try eventually { try readText(output) == "held\n" })
        // One beat may be under way, and one asks the worker.
        for _ in 0..<2 { _ = try manager.message(with: "WATCHDOG=1", within: .milliseconds(300)) }
        #expect(try manager.message(with: "WATCHDOG=1", within: .seconds(2)) == nil)
        #expect(rig.agent.errorText.contains("the worker of CPU 0 is stuck"))
        #expect(try rig.control.order("status").state == "streaming")
        holder.kill()
        #expect(try manager.message(with: "WATCHDOG=1") != nil)
        _ = try load.recordsWritten()
        #expect(rig.terminate() == 0)
    }

    @Test func `a manager that does not listen any more does not keep it waiting`() throws {
        let rig = try rig(.null, watchdog: .milliseconds(3))
        // The socket takes a few messages, and these are thousands.
        _ = rig.agent.wait(.seconds(2))
        #expect(try rig.control.order("start").state == "streaming")
        #expect(rig.terminate() == 0)
    }

    @Test func `what a manager has to hear is repeated until it takes it`() throws {
        let filler = try DatagramSender(to: manager.path)
        while filler.send(Array("full".utf8)) {}
        let rig = try rig()
        _ = try rig.control.order("status")
        while try manager.message(within: .zero) == "full" {}
        #expect(try manager.message(with: "READY=1") == "READY=1")
        #expect(rig.terminate() == 0)
    }

    @Test(.enabled(if: Machine.hasStrace, "needs strace, which `make test` installs"))
    func `a stop reads each ring buffer's counters once, for the manager and all who wait for it`() throws {
        let rig = try rig(.fifos, ringKiB: 256, program: Machine.release("trace-agent"))
        _ = try rig.control.order("start")
        _ = try rig.instance.startLoad(cpu: 0, seconds: 0.1, rate: 100_000).recordsWritten()
        #expect(try eventually { try rig.control.order("status").cpus[0].state == "blocked" })
        let calls = temporaryPath()
        defer { unlink(calls) }
        let strace = try Program(
            "strace", ["-f", "-y", "-e", "trace=pread64", "-o", calls, "-p", "\(rig.agent.pid)"])
        #expect(eventually { strace.errorText.contains("attached") })
        // All wait for the same stop, which waits for the host.
        let clients = try (0..<3).map { _ in try rig.connect() }
        for client in clients { try client.send("stop\n") }
        try rig.control.send("stop\n")
        #expect(eventually { rig.agent.errorText.ranges(of: "stop ordered by").count == 4 })
        let hosts = try (0...1).map { Connection(try FileDescriptor.open(rig.path(cpu: $0), .readOnly)) }
        var bytes: [UInt8] = []
        #expect(try rig.control.answer(whileReading: hosts[0], into: &bytes).complete)
        for client in clients { #expect(try client.answer().answer == "stop") }
        #expect(try manager.message(with: "STATUS=stopped, 2 CPUs, 0.") != nil)
        strace.kill()
        let lines = try readText(calls).split(separator: "\n")
        for cpu in 0...1 { #expect(lines.count { $0.contains("per_cpu/cpu\(cpu)/stats>") } == 1) }
    }

    @Test(.enabled(if: Machine.hasStrace, "needs strace, which `make test` installs"))
    func `what waits while a ring buffer is resized is not read by the reactor thread`() throws {
        let rig = try AgentRig(program: Machine.release("trace-agent"))
        _ = try rig.control.order("status")
        let calls = temporaryPath()
        defer { unlink(calls) }
        let strace = try Program(
            "strace", ["-f", "-y", "-e", "trace=pread64", "-o", calls, "-p", "\(rig.agent.pid)"])
        #expect(eventually { strace.errorText.contains("attached") })
        _ = try rig.control.order("start")
        try rig.instance.set("buffer_size_kb", "3072")
        #expect(try eventually { try rig.control.order("status").cpus[0].ring_size ?? 0 >= 3072 << 10 })
        _ = try rig.instance.startLoad(cpu: 0, seconds: 0.1, rate: 50_000).recordsWritten()
        #expect(try rig.control.order("stop").complete)
        strace.kill()
        let lines = try readText(calls).split(separator: "\n")
        let underLock = lines.filter { $0.contains("buffer_size_kb>") || $0.contains("trace_clock>") }
        #expect(!underLock.isEmpty)
        #expect(underLock.allSatisfy { !$0.hasPrefix("\(rig.agent.pid) ") })
        #expect(lines.contains { $0.hasPrefix("\(rig.agent.pid) ") && $0.contains("stats>") })
    }

    @Test func `nothing is left of what root may do`() throws {
        let rig = try AgentRig(program: Machine.release("trace-agent"))
        _ = try rig.control.order("status")
        let user = try User.named("virtio-trace") ?? .nobody
        for (name, value) in [
            ("Uid", Array(repeating: "\(user.uid)", count: 4).joined(separator: " ")),
            ("Gid", Array(repeating: "\(user.gid)", count: 4).joined(separator: " ")),
            ("Groups", ""), ("NoNewPrivs", "1"), ("CapInh", "0000000000000000"),
            ("CapPrm", "0000000000000000"),
            ("CapEff", "0000000000000000"), ("CapBnd", "0000000000000000"), ("CapAmb", "0000000000000000"),
        ] {
            #expect(try rig.agent.status(name) == value, "\(name)")
        }
        // A process that is not dumpable belongs to root in proc(5), so that nobody else looks into it.
        #expect(try Command("stat", ["-c", "%u", "/proc/\(rig.agent.pid)/environ"]).output == "0\n")
        #expect(rig.agent.errorText.contains("running as \(user), without privileges"))
    }

    @Test func `buffer_percent is put back after the drop`() throws {
        let rig = try AgentRig()
        try rig.instance.set("buffer_percent", "77")
        #expect(try rig.client("start").status == 0)
        #expect(try rig.instance.get("buffer_percent") != "77")
        #expect(rig.terminate() == 0)
        #expect(try rig.instance.get("buffer_percent") == "77")
    }

    @Test(arguments: [
        ("root", 78, "does not go on as root"), ("no-such-user", 78, "there is no user no-such-user"),
    ])
    func `never goes on as root`(user: String, code: CInt, message: String) throws {
        let agent = try Command(Machine.program("trace-agent"), ["--user", user])
        #expect(agent.status == code)
        #expect(agent.errorText.contains(message))
    }

    @Test func `what cannot be dropped ends it`() throws {
        let folder = try AgentRig.makeFolder(.files)
        try makeFIFO("\(folder.path)/agent-ctl-path")
        // Root without the capabilities to become somebody else.
        let agent = try Command(
            "setpriv",
            ["--bounding-set", "-setuid,-setgid", Machine.program("trace-agent")]
                + ["--ports", folder.path, "--socket", "\(folder.path)/control.sock"])
        #expect(agent.status == 77)
        #expect(
            agent.errorText.contains("privileges are not dropped: setgroups: Operation not permitted"),
            "\(agent.errorText)")
        let other = try Command(
            "setpriv",
            ["--reuid", "65534", "--clear-groups", Machine.program("trace-agent"), "--user", "daemon"])
        #expect(other.status == 77)
        #expect(other.errorText.contains("only root can become daemon"))
    }

    @Test func `in the foreground it stays who it was, and says so`() throws {
        let rig = try AgentRig(options: ["--foreground"])
        _ = try rig.control.order("status")
        #expect(try rig.agent.status("Uid") == "0 0 0 0")
        #expect(rig.agent.errorText.contains("running as root with all privileges"))
        rig.agent.signal(SIGHUP)
        #expect(rig.agent.wait() == 0)
    }

    // MARK: sockets that were passed

    /// Starts the agent as systemd does when somebody connects to `control.sock` in the folder.
    private func activated(_ options: [String] = [], name: String = "control", ports: TemporaryFolder) throws
        -> Program
    {
        try Program(
            "systemd-socket-activate",
            ["--listen", "\(folder.path)/control.sock", "--fdname", name, Machine.program("trace-agent")]
                + ["--ports", ports.path, "--socket", "\(folder.path)/own.sock"] + options)
    }

    @Test func `without any port it serves a passed socket, and takes in ports that come`() throws {
        let instance = try TraceInstance()
        let ports = TemporaryFolder()
        let agent = try activated(["--instance", instance.name], ports: ports)
        let client = try Connection.to("\(folder.path)/control.sock")
        let early = try client.order("start")
        #expect(early.state == "streaming")
        #expect(early.error == "no CPU has a port in \(ports.path) yet")
        let shown = try Command(
            Machine.release("trace-agent"), ["start", "--socket", "\(folder.path)/control.sock"])
        #expect(shown.output.hasPrefix("streaming, trace instance \(instance.name)\n"))
        #expect(shown.output.contains("warning: CPUs 0-1 have no port: "))
        #expect(shown.status == 69)
        #expect(access("\(folder.path)/own.sock", F_OK) == -1)

        try instance.write(50, cpu: 0)
        try instance.write(50, cpu: 1)
        for cpu in 0...1 { try writeFile("\(ports.path)/trace-path-cpu\(cpu)", "") }
        #expect(
            try eventually {
                try client.order("status").cpus.map(\.state) == ["waiting", "waiting"]
            })
        #expect(try instance.get("buffer_percent") != "50")
        let host = try StreamSocket("\(ports.path)/agent-ctl-path")
        let control = try host.accept()
        #expect(try control.order("stop").complete)
        let type = try TraceInstance.rawDataType()
        for cpu in 0...1 {
            let stream = PageStream(try readFile("\(ports.path)/trace-path-cpu\(cpu)"), rawDataType: type)
            #expect(stream.numbers(of: cpu) == Array(0..<50))
        }
        agent.signal(SIGTERM)
        #expect(agent.wait() == 0)
    }

    @Test func `a control port that cannot be opened at first is tried again`() throws {
        let instance = try TraceInstance()
        let ports = TemporaryFolder()
        // Nobody listens there yet.
        let path = "\(ports.path)/agent-ctl-path"
        _ = try StreamSocket(path, staying: true)
        let agent = try activated(["--instance", instance.name], ports: ports)
        let client = try Connection.to("\(folder.path)/control.sock")
        #expect(try client.order("status").state == "stopped")
        #expect(eventually { agent.errorText.contains("cannot connect to \(path): Connection refused") })
        let host = try StreamSocket("\(ports.path)/other")
        rename("\(ports.path)/other", path)
        #expect(try host.accept().order("status").state == "stopped")
        agent.signal(SIGTERM)
        #expect(agent.wait() == 0)
    }

    @Test func `the ports' folder itself may come late`() throws {
        let instance = try TraceInstance()
        let parent = TemporaryFolder()
        let ports = "\(parent.path)/ports"
        let agent = try Program(
            "systemd-socket-activate",
            [
                "--listen", "\(folder.path)/control.sock", "--fdname", "control",
                Machine.program("trace-agent"),
            ]
                + ["--ports", ports, "--instance", instance.name])
        let client = try Connection.to("\(folder.path)/control.sock")
        #expect(try client.order("status").cpus.map(\.state) == ["portless", "portless"])
        mkdir(ports, 0o755)
        defer { rmdir(ports) }
        try makeLink("\(ports)/trace-path-cpu1", to: "/dev/null")
        defer { unlink("\(ports)/trace-path-cpu1") }
        #expect(try eventually { try client.order("status").cpus.map(\.state) == ["portless", "idle"] })
        agent.signal(SIGTERM)
        #expect(agent.wait() == 0)
    }

    @Test func `a socket of another name is not adopted`() throws {
        let ports = TemporaryFolder()
        let agent = try activated(name: "something", ports: ports)
        let client = try Connection.to("\(folder.path)/control.sock")
        #expect(agent.wait() == 69)
        #expect(agent.errorText.contains("a passed socket is not used: \"something\""))
        #expect(throws: SystemError.self) { try client.line() }
    }

    @Test func `sockets that were passed to another process are not touched`() throws {
        let agent = try Command(
            "env", ["LISTEN_FDS=1", "LISTEN_PID=1", Machine.program("trace-agent"), "--ports", "/nowhere"])
        #expect(agent.status == 69)
        #expect(agent.errorText.contains("no control port"))
    }
}
