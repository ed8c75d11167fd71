import Glibc
import Reactor
import Support
import Testing

/// Orders that come by the local socket.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct ClientTests {
    @Test func `the subcommands start, stop and show what the agent does`() throws {
        let rig = try AgentRig()
        try rig.instance.write(50, cpu: 0)
        let started = try rig.client("start")
        #expect(started.status == 0)
        #expect(started.output.hasPrefix("streaming, trace instance \(rig.instance.name)\n"))
        let stopped = try rig.client("stop", ["--json"])
        #expect(stopped.status == 0)
        #expect(try Answer(stopped.output).cpus[0].bytes == 4096)
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<50))
        let shown = try rig.client("status").output.split(separator: "\n")
        #expect(
            shown.map { $0.split(separator: " ").prefix(2).joined(separator: " ") }.dropFirst() == [
                "cpu state", "0 idle", "1 idle", "all 1",
            ])
    }

    @Test func `a client gets a sentence for what went wrong`() throws {
        let rig = try AgentRig()
        let absent = try Command(
            Machine.release("trace-agent"), ["status", "--socket", "\(rig.folder.path)/none"])
        #expect(absent.status == 69)
        #expect(absent.errorText.contains("no agent listens at \(rig.folder.path)/none: systemctl start"))
        #expect(absent.errorText.hasSuffix("in the guest; on its host, use trace-host\n"))
        let stranger = try Command(
            "setpriv",
            [
                "--reuid", "65533", "--regid", "65533", "--clear-groups", Machine.release("trace-agent"),
                "status",
            ]
                + ["--socket", rig.localSocket])
        #expect(stranger.status == 77)
        #expect(stranger.errorText.contains("a member of the group virtio-trace"), "\(stranger.errorText)")
        rig.agent.signal(SIGSTOP)
        let waiting = try rig.client("status", ["--timeout", "100ms"])
        rig.agent.signal(SIGCONT)
        #expect(waiting.status == 75)
        #expect(waiting.errorText.contains("no answer within 100ms"))
    }

    @Test func `says as much as it is told to`() throws {
        let quiet = try AgentRig(options: ["--log-level", "error"])
        let chatty = try AgentRig(options: ["--log-level", "debug"])
        for rig in [quiet, chatty] {
            #expect(try rig.client("start").status == 0)
            #expect(rig.terminate() == 0)
        }
        #expect(quiet.agent.errorText.isEmpty)
        #expect(chatty.agent.errorText.contains("of user 0 has connected"))
        #expect(chatty.agent.errorText.contains("start ordered by process"))
    }

    @Test func `a stop that does not deliver everything is told to the client`() throws {
        let rig = try AgentRig(.fifos, options: ["--stop-timeout", "200ms"])
        _ = try rig.client("start")
        _ = try rig.instance.startLoad(cpu: 0, seconds: 0.2, rate: 50_000).recordsWritten()
        let stopped = try rig.client("stop")
        #expect(stopped.status == 74)
        #expect(stopped.errorText.contains("did not accept everything"))
    }

    @Test func `each is answered on its own connection, in the order of its own words`() throws {
        let rig = try AgentRig()
        let clients = try (0..<8).map { _ in try rig.connect() }
        for (index, client) in clients.enumerated() {
            try client.send(index % 2 == 0 ? "start\nstatus\n" : "status\nnonsense\nstatus\n")
        }
        for (index, client) in clients.enumerated() {
            let answers = try [client.answer().answer, client.answer().answer]
            #expect(answers == (index % 2 == 0 ? ["start", "status"] : ["status", "status"]))
        }
        #expect(try rig.control.order("stop").orders_refused == 4)
        for client in clients { #expect(try client.order("status").state == "stopped") }
    }

    @Test func `a stop is answered to all who ordered it`() throws {
        let rig = try AgentRig()
        let clients = try (0..<3).map { _ in try rig.connect() }
        _ = try rig.control.order("start")
        try rig.instance.write(1000, cpu: 1)
        for client in clients { try client.send("stop\n") }
        for client in clients { #expect(try client.answer().state == "stopped") }
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<1000))
    }

    @Test func `a hundred clients that send garbage, stay silent or leave cost no event`() throws {
        let rig = try AgentRig(ringKiB: 8192)
        _ = try rig.control.order("start")
        let loads = try (0...1).map { try rig.instance.startLoad(cpu: $0, seconds: 4, rate: 50_000) }
        var silent: [Connection] = []
        var garbage: UInt64 = 0x1234_5678
        while loads[0].isRunning {
            for number in 0..<100 {
                let client = try rig.connect()
                garbage = garbage &* 6_364_136_223_846_793_005 &+ 1
                switch number % 4 {
                case 0: _ = try client.trySend(String(repeating: "\(garbage)\n\0", count: 50))
                case 1: _ = try client.trySend(String(repeating: "x", count: 4000))
                case 2: _ = try client.trySend(String(repeating: "status\n", count: 100))
                default: break
                }
                silent.append(client)
            }
            if silent.count > 200 { silent.removeFirst(100) }
            // The next hundred come when these have been heard.
            #expect(try rig.client("status").status == 0)
        }
        let written = try loads.map { try $0.recordsWritten() }
        let answer = try rig.control.order("stop")
        for cpu in 0...1 {
            #expect(answer.cpus[cpu].lost == 0)
            #expect(try rig.stream(cpu: cpu).numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
        #expect(rig.agent.errorText.split(separator: "\n").count < 120)
    }

    @Test func `there are places for 64, and the one that was silent for the longest time has to go`() throws
    {
        let rig = try AgentRig()
        let first = try rig.connect()
        #expect(try first.order("status").state == "stopped")
        let second = try rig.connect()
        #expect(try second.order("status").state == "stopped")
        let others = try (0..<62).map { _ in try rig.connect() }
        for client in others { _ = try client.order("status") }
        #expect(try first.order("status").state == "stopped")
        let late = try rig.connect()
        #expect(try late.order("status").state == "stopped")
        #expect(throws: TestFailure.self) { try second.line() }
        #expect(try first.order("status").state == "stopped")
        #expect(rig.agent.errorText.contains("too many clients"))
    }

    @Test func `all are heard of a hundred that come at once`() throws {
        let rig = try AgentRig()
        _ = try rig.client("status")
        rig.agent.signal(SIGSTOP)
        let clients = try (0..<100).map { _ in try rig.connect() }
        for client in clients { try client.send("status\n") }
        rig.agent.signal(SIGCONT)
        for client in clients { #expect(try client.answer().state == "stopped") }
    }

    @Test func `those who send more than can be carried out do not keep others out`() throws {
        let rig = try AgentRig()
        let flooders = try (0..<64).map { _ in try rig.connect() }
        for client in flooders { _ = try client.trySend(String(repeating: "status\n", count: 2000)) }
        for _ in 0..<3 { #expect(try rig.client("status", ["--timeout", "10s"]).status == 0) }
        #expect(try rig.control.order("status").state == "stopped")
    }

    @Test func `one who sends no more is still answered, then let go`() throws {
        let rig = try AgentRig(.fifos, options: ["--stop-timeout", "300ms"])
        _ = try rig.control.order("start")
        _ = try rig.instance.startLoad(cpu: 0, seconds: 0.2, rate: 50_000).recordsWritten()
        let client = try rig.connect()
        try client.send("status\nstop\n")
        shutdown(client.descriptor.rawValue, CInt(SHUT_WR))
        #expect(try client.answer().state == "streaming")
        #expect(try client.answer().answer == "stop")
        #expect(throws: TestFailure.self) { try client.line() }
    }

    @Test func `a client that has left costs no descriptor, and its order is carried out`() throws {
        let rig = try AgentRig()
        // After the first header the thread that makes them opens no more event formats.
        try rig.control.send("metadata\n")
        let header = try Announcement(rig.control.line())
        _ = try rig.control.bytes(header.bytes)
        let descriptors = "/proc/\(rig.agent.pid)/fd"
        let before = try namesIn(descriptors).count
        do {
            let client = try rig.connect()
            try client.send("start\n")
            // As much garbage as its socket takes.
            while try client.trySend(String(repeating: "x\n", count: 2000)) {}
        }
        #expect(try eventually { try rig.control.order("status").state == "streaming" })
        #expect(try eventually { try namesIn(descriptors).count == before })
        // It was thrown away, and not worked through.
        #expect(try rig.control.order("stop").orders_refused < 10_000)
    }

    @Test func `one socket has one agent, and a file in its place is left alone`() throws {
        let rig = try AgentRig()
        let folder = TemporaryFolder()
        try makeFIFO("\(folder.path)/agent-ctl-path")
        try makeLink("\(folder.path)/trace-path-cpu0", to: "/dev/null")
        let options = ["--ports", folder.path, "--instance", rig.instance.name, "--socket"]
        let second = try Command(Machine.program("trace-agent"), options + [rig.localSocket])
        #expect(second.status == 69)
        #expect(second.errorText.contains("another agent listens at \(rig.localSocket)"))
        #expect(try rig.client("status").status == 0)
        try writeFile("\(folder.path)/file", "mine")
        let third = try Command(Machine.program("trace-agent"), options + ["\(folder.path)/file"])
        #expect(third.status == 71)
        #expect(try readText("\(folder.path)/file") == "mine")
    }

    @Test func `a socket that a killed agent left behind is taken over`() throws {
        let rig = try AgentRig()
        rig.agent.kill()
        #expect(try rig.client("status").status == 69)
        let folder = TemporaryFolder()
        try makeFIFO("\(folder.path)/agent-ctl-path")
        try makeLink("\(folder.path)/trace-path-cpu0", to: "/dev/null")
        let second = try Program(
            Machine.program("trace-agent"),
            ["--ports", folder.path, "--instance", rig.instance.name, "--socket", rig.localSocket])
        #expect(try eventually { try rig.client("status").status == 0 }, "\(second.errorText)")
        second.signal(SIGTERM)
        #expect(second.wait() == 0, "\(second.errorText)")
    }
}
