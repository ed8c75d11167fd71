import Support
import Testing

/// Ports whose host comes and goes.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct SocketTests {
    private static let boot = Result { try Guest(.sockets) }
    private let guest: Guest

    init() throws { guest = try Self.boot.get() }

    @Test func `a host that is away wakes nobody while stopped, and is obeyed when it comes`() throws {
        try guest.startAgent()
        // An emulated CPU needs a while to read the event formats.
        try guest.run(
            "while grep -q 'State:.[RD]' /proc/$(cat /tmp/agent.pid)/task/*/status; do usleep 10000; done; sleep 1"
        )
        let before = try guest.agentWakeUps()
        try guest.run("sleep 2")
        #expect(try guest.agentWakeUps() == before)

        var control = try guest.open("agent-ctl-path")
        #expect(try control.order("start").state == "streaming")
        control.close()
        // The data ports are away still: their pages stay in the pipes, and a port that is hung up does not spin.
        let written = try guest.writeRecords(seconds: 0.1, rate: 20_000)
        let streaming = try guest.agentWakeUps()
        try guest.run("sleep 2")
        #expect(try guest.agentWakeUps() - streaming < 100)

        control = try guest.open("agent-ctl-path")
        let hosts = try (0...1).map { try guest.open("trace-path-cpu\($0)") }
        let answer = try control.order("stop")
        #expect(answer.complete)
        let type = try guest.rawDataType()
        for cpu in 0...1 {
            let stream = PageStream(try hosts[cpu].bytes(answer.cpus[cpu].bytes), rawDataType: type)
            #expect(stream.flaw == nil)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
        try guest.endAgent()
    }

    @Test func `a host that comes and goes is answered each time`() throws {
        try guest.startAgent()
        for _ in 0..<30 {
            let control = try guest.open("agent-ctl-path")
            #expect(try control.order("status").state == "stopped")
            control.close()
        }
        try guest.endAgent()
    }

    @Test func `half an order of a host that left is not the next one's`() throws {
        try guest.startAgent()
        var control = try guest.open("agent-ctl-path")
        #expect(try control.order("status").state == "stopped")
        try control.send("sta")
        control.close()
        try guest.run("sleep 0.2")
        control = try guest.open("agent-ctl-path")
        #expect(try control.order("start").state == "streaming")
        try guest.endAgent()
    }

    @Test func `a host records what it asks for, of a guest in which nothing was on, and leaves nothing`()
        throws
    {
        let files = "set_event trace_clock buffer_size_kb tracing_on current_tracer"
        let settings = {
            try guest.run("cd /sys/kernel/tracing; cat \(files); cd instances/virtio-trace; cat \(files)")
        }
        try guest.startAgent("--setup")
        let before = try settings()
        let folder = TemporaryFolder()
        let output = "\(folder.path)/trace.dat"
        let record = try Command(
            Machine.release("trace-host"),
            [
                "record", guest.portsFolder, "-o", output, "-e", "sched_switch", "-e", "irq:*", "-f",
                "vec != 7",
                "-C", "boot", "-b", "4M", "--duration", "1s",
            ])
        #expect(record.status == 64 && record.errorText.contains("Field not found"), "\(record.errorText)")
        #expect(try settings() == before)
        let good = try Command(
            Machine.release("trace-host"),
            [
                "record", guest.portsFolder, "-o", output, "-e", "sched_switch", "-e", "irq:softirq_*", "-f",
                "vec == 7", "-C", "boot", "-b", "4M", "--duration", "1s",
            ])
        #expect(good.status == 0 && good.output.contains(", clock boot"), "\(good.errorText)")
        let report = try Command("trace-cmd", ["report", output]).output.split(separator: "\n")
        let isRight = report.allSatisfy { line in
            line.contains(" sched_switch: ") || line.contains(" softirq_") && line.contains("vec=7 ")
                || line.hasPrefix("cpus=")
        }
        #expect(isRight && report.count > 10)
        #expect(try settings() == before)
        let control = try guest.open("agent-ctl-path")
        // The agent closes its ring buffers for that.
        try control.send("setup {\"tracer\":\"function\"}\n")
        // An emulated kernel takes its time to change each of its functions.
        let tracer = try Answer(control.line())
        #expect(tracer.error == nil && tracer.setup?.tracer == "function")
        #expect(try control.order("clear").error == nil)
        #expect(try settings() == before)
        try guest.endAgent()
    }
}

/// A device without indirect descriptors, whose queue throws away what does not fit.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct PlainQueueTests {
    @Test func `nothing is lost in a queue without indirect descriptors`() throws {
        let guest = try Guest(.fifos, serial: "indirect_desc=off")
        let answers = try guest.answers()
        try guest.startAgent(ringKiB: 8192)
        try guest.order("1\n")
        let written = try guest.writeRecords(seconds: 1, rate: 50_000)
        try guest.catchPages()
        try guest.order("stop\n")
        let answer = try answers.answer()
        #expect(answer.totals.gone == 0)
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
    }
}
