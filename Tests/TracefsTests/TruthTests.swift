import Glibc
import Reactor
import Support
import Testing

/// What answers say of events that do not reach the host, on the real tracefs.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct TruthTests {
    /// An agent on two CPUs, of which only CPU 0 has a port.
    private func rigWithOnePort(_ options: [String] = []) throws -> AgentRig {
        let folder = TemporaryFolder()
        try writeFile("\(folder.path)/trace-path-cpu0", "")
        return try AgentRig(in: try TraceInstance(ringKiB: 2048), folder: folder, options: options)
    }

    @Test
    func `a CPU without a port is listed with its unread events, and a stop without them is incomplete`()
        throws
    {
        let rig = try rigWithOnePort()
        for cpu in 0...1 { try rig.instance.write(3000, cpu: cpu) }
        let started = try rig.control.order("start")
        #expect(started.state == "streaming" && started.error == nil)
        let warning = "CPU 1 has no port: its events stay in its ring buffer; --cpu leaves it out"
        #expect(started.warnings == [warning])
        #expect(started.cpus.map(\.state).last == "portless")
        #expect(started.cpus.map(\.unread).last == 3000)
        let stopped = try rig.control.order("stop")
        #expect(!stopped.complete)
        #expect(stopped.totals.unread == 3000)
        // What has a port was sent.
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<3000))
        #expect(
            eventually { rig.agent.errorText.contains("CPU 1 has no port (3000 events in the ring buffer)") })
        try rig.instance.write(10, cpu: 1)
        _ = try rig.client("start")
        let client = try rig.client("stop")
        #expect(client.status == 74)
        #expect(
            client.errorText
                == "trace-agent: stopped, but CPU 1 has no port (3010 events in the ring buffer)\n")
        // Its port comes: nothing is missing any more.
        try writeFile(rig.path(cpu: 1), "")
        #expect(try rig.control.order("start").warnings == [])
        #expect(try rig.control.order("stop").complete)
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<3000) + Array(0..<10))
    }

    @Test func `a CPU that was left out is not missed`() throws {
        let rig = try rigWithOnePort(["--cpu", "0"])
        for cpu in 0...1 { try rig.instance.write(100, cpu: cpu) }
        let started = try rig.control.order("start")
        #expect(started.warnings == [])
        #expect(started.cpus.map(\.cpu) == [0])
        #expect(try rig.control.order("stop").complete)
    }

    @Test func `an agent that cannot record warns`() throws {
        let rig = try AgentRig()
        #expect(try rig.control.order("status").tracing_on == true)
        let file = try FileDescriptor.open("\(rig.instance.path)/tracing_on", .writeOnly)
        try file.overwrite(with: "0")
        let started = try rig.control.order("start")
        #expect(started.tracing_on == false)
        #expect(started.warnings == ["tracing_on is 0: nothing is recorded"])
        #expect(eventually { rig.agent.errorText.contains("warning: tracing_on is 0: nothing is recorded") })
        try file.overwrite(with: "1")
        let stopped = try rig.control.order("stop")
        #expect(stopped.tracing_on == true && stopped.warnings == [])
    }

    @Test func `an answer names the boot, the host, and who gave the last order`() throws {
        let rig = try AgentRig()
        let client = try rig.connect()
        #expect(try client.order("status id=first").last_order == nil)
        _ = try client.order("start")
        let answer = try rig.control.order("status id=second")
        #expect(answer.id == "second" && answer.schema == 2)
        #expect(answer.boot_id + "\n" == (try readText("/proc/sys/kernel/random/boot_id")))
        #expect(answer.host_connected == true)
        #expect(answer.last_order?.order == "start" && answer.last_order?.from == "client")
        #expect(answer.last_order?.pid == Int(getpid()) && answer.last_order?.uid == 0)
        try rig.control.send("0")
        #expect(try eventually { try client.order("status").last_order?.from == "host" })
        #expect(try client.order("status").last_order?.order == "stop")
    }
}
