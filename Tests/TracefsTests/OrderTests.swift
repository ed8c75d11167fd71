import Glibc
import Reactor
import Support
import Testing

@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct OrderTests {
    @Test func `a start and a stop in one write are both carried out, and digits are not answered`() throws {
        let rig = try AgentRig()
        try rig.instance.write(100, cpu: 0)
        try rig.control.send("1\n0\n")
        // The first line that comes back is the answer to the word.
        let answer = try rig.control.order("status")
        #expect(answer.answer == "status")
        #expect(try eventually { try rig.control.order("status").state == "stopped" })
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<100))
    }

    @Test func `digits need no newline`() throws {
        let rig = try AgentRig()
        try rig.instance.write(100, cpu: 1)
        try rig.control.send("1")
        #expect(try eventually { try rig.stream(cpu: 1).records.count == 100 })
        try rig.control.send("0")
        #expect(eventually { rig.agent.errorText.contains("stopped") })
    }

    @Test func `a start that comes while a stop is flushed is carried out after it`() throws {
        let rig = try AgentRig()
        _ = try rig.control.order("start")
        try rig.control.send("0\nstop\nstart\nstop\nstart\n")
        let states = try (0..<4).map { _ in try rig.control.answer() }.map { "\($0.answer) \($0.state)" }
        #expect(states.last == "start streaming")
        #expect(states.filter { $0 == "stop stopped" }.count == 2)
    }

    @Test func `garbage is refused, counted, and shown in few lines`() throws {
        let rig = try AgentRig()
        for _ in 0..<200 { try rig.control.send("what\u{1b}[2J?\n") }
        try rig.control.send(String(repeating: "x", count: 5000) + "\n")
        let answer = try rig.control.order("status")
        #expect(answer.orders_refused == 201)
        let lines = rig.agent.errorText.split(separator: "\n")
        #expect(lines.contains { $0.contains(#"order refused: "what\x1b[2J?""#) })
        #expect(lines.count < 50)
        #expect(try rig.control.order("start").state == "streaming")
    }

    @Test func `answers that nobody reads are dropped, and orders are still heard`() throws {
        let rig = try AgentRig()
        for _ in 0..<2000 where try rig.control.trySend("status\n") == false { break }
        try rig.instance.write(100, cpu: 0)
        #expect(try eventually { try rig.control.trySend("1\n") })
        #expect(try eventually { try rig.stream(cpu: 0).records.count == 100 })
    }

    @Test(arguments: ["stop\nnonsense\n", "\n", "\0", "x"])
    func `a host that floods the control port does not keep the next one from being served`(flood: String)
        throws
    {
        let rig = try AgentRig(program: Machine.release("trace-agent"))
        let text = String(repeating: flood, count: 20_000 / flood.utf8.count)
        let end = ContinuousClock.now + .milliseconds(500)
        while ContinuousClock.now < end {
            if try !rig.control.trySend(text) { _ = try? rig.control.line(within: .milliseconds(1)) }
        }
        // The flood was refused, and is over: the next order is carried out.
        rig.control.close()
        #expect(try rig.reconnected().order("start").state == "streaming")
        #expect(rig.terminate() == 0)
    }

    @Test func `a control port that goes and comes back is served again`() throws {
        let rig = try AgentRig()
        _ = try rig.control.order("start")
        rig.control.close()
        let control = try rig.reconnected()
        #expect(try control.order("status").state == "streaming")
        #expect(try control.order("stop").state == "stopped")
    }

    @Test func `the control port may be a FIFO`() throws {
        let folder = TemporaryFolder()
        let instance = try TraceInstance()
        try makeFIFO("\(folder.path)/agent-ctl-path")
        try writeFile("\(folder.path)/trace-path-cpu0", "")
        try instance.write(50, cpu: 0)
        let agent = try Program(
            Machine.program("trace-agent"),
            ["--ports", folder.path, "--instance", instance.name, "--cpu", "0"])
        let orders = try FileDescriptor.open("\(folder.path)/agent-ctl-path", .readWrite)
        _ = try orders.write(Array("1\nstatus\n".utf8))
        let type = try TraceInstance.rawDataType()
        #expect(
            try eventually {
                try PageStream(readFile("\(folder.path)/trace-path-cpu0"), rawDataType: type).records.count
                    == 50
            })
        agent.signal(SIGTERM)
        #expect(agent.wait() == 0)
        #expect(!agent.errorText.contains("refused"))
    }
}
