import Glibc
import Reactor
import Support
import Testing

/// Orders that choose what is recorded, in a trace instance of the agent's own.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct SetupOrderTests {
    private let top = TopLevel()

    private func rig(_ options: [String] = []) throws -> AgentRig {
        try AgentRig(in: try TraceInstance(), options: ["--setup"] + options)
    }

    private static let cleared = InstanceText(
        on: "0", kib: "7", clock: "[local]", tracer: "nop", events: "", pids: "", filter: "")

    @Test func `a host sets up a recording, gets each event of it, and clears it`() throws {
        let rig = try rig()
        #expect(try InstanceText(rig.instance) == Self.cleared)
        #expect(try rig.control.order("status").setup?.buffer_kb == 1)
        let order =
            #"{"events":[{"name":"sched:sched_swi?ch","filter":"prev_pid == 2097152"}],"clock":"mono","buffer_kb":512,"pids":[1,2]}"#
        let answer = try rig.control.order("setup id=7 \(order)")
        #expect(answer.answer == "setup" && answer.id == "7" && answer.error == nil)
        #expect(answer.setup?.events.map(\.name) == ["sched:sched_swi?ch"])
        #expect(answer.setup?.events.map(\.filter) == ["prev_pid == 2097152"])
        #expect(answer.setup?.clock == "mono" && answer.clock == "mono" && answer.setup?.tracer == "nop")
        #expect(answer.setup?.buffer_kb == 512 && answer.setup?.pids == [1, 2] && answer.tracing_on == true)
        let inForce = try InstanceText(rig.instance)
        #expect(
            inForce
                == InstanceText(
                    on: "1", kib: inForce.kib, clock: "[mono]", tracer: "nop", events: "sched:sched_switch",
                    pids: "1\n2", filter: "sched_switch: prev_pid == 2097152"))
        // Rounded up to sub-buffers.
        #expect((512...520).contains(Int(inForce.kib) ?? 0))
        #expect(answer.cpus.allSatisfy { $0.ring_size ?? 0 >= 512 << 10 })
        // The next one replaces it whole, what others have enabled too, and begins with nothing.
        try rig.instance.set("events/irq/enable", "1")
        try rig.instance.write(10, cpu: 0)
        let next = try rig.control.order(#"setup {"buffer_kb":2048}"#)
        #expect(next.setup?.events.isEmpty == true && next.totals.unread == 0)
        let state = try InstanceText(rig.instance)
        #expect(state.events == "" && state.filter == "")
        #expect(try rig.control.order("start").state == "streaming")
        try rig.instance.write(500, cpu: 0)
        #expect(try rig.control.order("tracing off").warnings == ["tracing_on is 0: nothing is recorded"])
        #expect(try rig.control.order("tracing on").tracing_on == true)
        try rig.instance.write(700, cpu: 1)
        // What follows a stop waits for its end, and a start for it.
        try rig.control.send("stop\nclear\nstart\n")
        let stopped = try rig.control.answer()
        #expect(stopped.answer == "stop" && stopped.complete && stopped.totals.lost == 0)
        #expect(try rig.control.answer().answer == "clear")
        #expect(try InstanceText(rig.instance) == Self.cleared)
        #expect(try rig.control.answer().answer == "start")
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<500))
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<700))
        #expect(top == TopLevel())
    }

    @Test func `what is refused leaves nothing changed, and the answer has the kernel's reason`() throws {
        let rig = try rig()
        _ = try rig.control.order(
            #"setup {"events":[{"name":"sched_switch","filter":"prev_pid == 7"}],"clock":"boot","pids":[4]}"#)
        try rig.instance.write(20, cpu: 0)
        let before = try InstanceText(rig.instance)
        for (order, reason) in [
            (
                #"{"events":[{"name":"sched:*","filter":"prev_pid == 8"}]}"#,
                "filter 'prev_pid == 8' of sched:sched_kthread_stop: Field not found"
            ),
            (
                #"{"events":[{"name":"irq:*"},{"name":"sched_switch","filter":"prev_pid =="}],"pids":[5]}"#,
                "filter 'prev_pid ==' of sched:sched_switch: "
            ),
            (#"{"events":[{"name":"irq:*"},{"name":"no_such"}]}"#, "event no_such: no such event"),
            (#"{"tracer":"no_such"}"#, "tracer no_such: there are: "),
            (#"{"clock":"[boot]"}"#, "clock [boot]: there are: local global"),
            (#"{"buffer_kb":32769}"#, "buffer_kb 32769: the agent allows 32768"),
            (#"{"buffer_kb":0}"#, "no set-up: buffer_kb: no size of a ring buffer"),
            (#"{"clock":"mono","clok":1}"#, "no set-up: clok: not known"),
            (#"{"events":[{"name":"a:b:c"}]}"#, "no set-up: events.0.name: no event"),
            (#"{"events":[{"name":"sched","filter":"a\n"}]}"#, "no set-up: events.0.filter: not 1 to 1024"),
            (#"{"events":"sched"}"#, "no set-up: events: of another type"),
            (#"{"pids":[0]}"#, "no set-up: pids: no number of a thread"),
            ("sched", "no set-up: no JSON object"), ("", "no set-up: no JSON object"),
        ] {
            let answer = try rig.control.order("setup \(order)")
            #expect(answer.error?.hasPrefix(reason) == true, "\(answer.error ?? "none")")
            #expect(answer.setup?.clock == "boot" && answer.totals.unread == 20)
            #expect(try InstanceText(rig.instance) == before)
        }
        #expect(try rig.control.order("start").state == "streaming")
        let refused = try rig.connect().order(#"setup {"clock":"mono"}"#)
        #expect(refused.error == "streaming: what is recorded can be set up, or cleared, after a stop")
        #expect(try InstanceText(rig.instance) == before)
    }

    @Test func `without the option they are refused with the sentence that says how to allow them`() throws {
        let rig = try AgentRig()
        let before = try InstanceText(rig.instance)
        for order in [#"setup {"clock":"mono"}"#, "clear", "tracing off"] {
            let answer = try rig.control.order(order)
            #expect(answer.error?.contains(#"OPTIONS="--setup""#) == true && answer.setup == nil)
        }
        #expect(try InstanceText(rig.instance) == before)
        let client = try rig.client("tracing", ["on"])
        #expect(client.status == 69 && client.errorText.contains(#"OPTIONS="--setup""#))
    }

    @Test func `clients set up too, within the bounds that the options set`() throws {
        let rig = try rig(
            [
                "--setup-events", "sched:*,irq_*", "--setup-buffer", "1M", "-e", "sched_wakeup", "-C", "mono",
                "-b", "256",
            ])
        // What the options ask for is recorded from the start on.
        #expect(try rig.control.order("status").setup?.events.map(\.name) == ["sched_wakeup"])
        #expect(try InstanceText(rig.instance).events == "sched:sched_wakeup")
        let client = try rig.client("setup", ["-e", "irq:irq_*", "-f", "irq > 5", "-b", "1M", "-P", "77"])
        #expect(client.status == 0, "\(client.errorText)")
        #expect(
            client.output.contains(
                "recorded: irq:irq_* if (irq > 5), clock local, 1024 KiB a CPU, only of 77\n"))
        for (options, reason) in [
            (["-e", "irq:softirq_*"], "event irq:softirq_"),
            (["-e", "all"], "not among those"), (["-p", "function"], "a tracer records more"),
            (["-b", "1025"], "buffer_kb 1025: the agent allows 1024"),
        ] {
            let refused = try rig.client("setup", options)
            #expect(refused.status == 69 && refused.errorText.contains(reason), "\(refused.errorText)")
        }
        #expect(try InstanceText(rig.instance).events == "irq:irq_handler_entry irq:irq_handler_exit")
        #expect(try rig.client("tracing", ["off"]).status == 0)
        #expect(try rig.instance.get("tracing_on") == "0")
        #expect(try rig.client("clear").status == 0)
        #expect(try InstanceText(rig.instance) == Self.cleared)
    }

    @Test func `at exit and after a crash everything is put back`() throws {
        let rig = try rig()
        var meanwhile: InstanceText?
        let order = #"setup {"events":[{"name":"sched_switch","filter":"prev_pid == 7"}],"clock":"boot"}"#
        #expect(try rig.control.order(order).error == nil)
        try rig.restart(by: SIGTERM) { meanwhile = try InstanceText(rig.instance) }
        #expect(meanwhile == Self.cleared)
        #expect(try rig.control.order(order).error == nil)
        _ = try rig.control.order("start")
        try rig.restart(by: SIGKILL) { meanwhile = try InstanceText(rig.instance) }
        #expect(meanwhile?.clock == "[boot]")
        let status = try rig.control.order("status")
        #expect(
            status.state == "stopped" && status.setup?.clock == "local"
                && status.setup?.events.isEmpty == true)
        #expect(try InstanceText(rig.instance) == Self.cleared)
        #expect(top == TopLevel())
    }

    @Test func `where a stream goes on, what is set up does too`() throws {
        let folder = try AgentRig.makeFolder(.files)
        let state = "\(folder.path)/state"
        chmod(folder.path, 0o700)
        let rig = try AgentRig(
            in: try TraceInstance(), folder: folder, options: ["--setup", "--state", state])
        let order = #"setup {"events":[{"name":"sched_switch","filter":"prev_pid == 7"}],"clock":"boot"}"#
        #expect(try rig.control.order(order).error == nil)
        let inForce = try InstanceText(rig.instance)
        var meanwhile: InstanceText?
        _ = try rig.control.order("start")
        // What is recorded while no agent runs is sent by the next one.
        try rig.restart(by: SIGKILL) { try rig.instance.write(300, cpu: 0) }
        for _ in 0..<2 { _ = try rig.control.line() }
        let crashed = try rig.control.order("status")
        #expect(crashed.state == "streaming" && crashed.setup?.clock == "boot")
        #expect(try InstanceText(rig.instance) == inForce)
        // What was turned off stays off.
        #expect(try rig.control.order("tracing off").tracing_on == false)
        try rig.restart(by: SIGTERM) { meanwhile = try InstanceText(rig.instance) }
        #expect(meanwhile == Self.cleared)
        for _ in 0..<2 { _ = try rig.control.line() }
        #expect(try rig.instance.get("tracing_on") == "0")
        #expect(try rig.control.order("tracing on").error == nil)
        #expect(try InstanceText(rig.instance) == inForce)
        try rig.instance.write(100, cpu: 1)
        let stopped = try rig.control.order("stop")
        #expect(stopped.totals.lost == 0 && stopped.setup?.clock == "boot")
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<300))
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<100))
        #expect(try rig.control.order("clear").error == nil)
    }

    @Test func `an event ends the flight recording, which is then dumped, and the host is told`() throws {
        let rig = try rig(["--dump-on", "sched:sched_process_exit if comm == \"the-trigger\""])
        #expect(try rig.control.order(#"setup {"buffer_kb":512}"#).error == nil)
        try rig.instance.write(60, cpu: 0)
        for round in 1...2 {
            // The name of a task is that of its program.
            let ended = try Command("bash", ["-c", "echo -n the-trigger > /proc/$$/comm"])
            #expect(ended.status == 0)
            #expect(try rig.control.line() == "")
            let notice = try rig.control.line()
            #expect(
                notice.hasPrefix(#"{"after":"event","boot_id":""#) && notice.contains(#""notice":"dumped","#))
            let answer = try rig.control.order("stop")
            #expect(answer.state == "stopped" && answer.complete && answer.tracing_on == false)
            #expect(try rig.stream(cpu: 0).numbers(of: 0) == (0..<round).flatMap { _ in 0..<60 })
            // It begins anew with an order, not by itself.
            #expect(try rig.control.order("tracing on").tracing_on == true)
            try rig.instance.write(60, cpu: 0)
        }
        let wrong = try AgentRig.makeFolder(.files)
        try makeFIFO("\(wrong.path)/agent-ctl-path")
        for event in ["sched:*", "sched_switch if no == 1"] {
            let agent = try Program(
                Machine.program("trace-agent"),
                [
                    "--setup", "--dump-on", event, "--ports", wrong.path, "--instance",
                    "\(rig.instance.name)-2",
                ])
            #expect(agent.wait() == 64 && agent.errorText.contains("--dump-on"), "\(agent.errorText)")
        }
        rmdir("\(rig.instance.path)-2")
    }

    @Test func `a host's recording sets up what it asks for, and leaves nothing`() throws {
        let host = try HostFolder(
            try AgentRig(
                in: try TraceInstance(), folder: try AgentRig.makeFolder(.fifos), options: ["--setup"],
                program: Machine.release("trace-agent")))
        let output = "\(host.path)/trace.dat"
        let load = [
            Machine.release("trace-load"), "write", host.rig.instance.path, "1", "0.01", "400000", "64",
        ]
        let options = [
            "-o", output, "-e", "sched_switch", "-f", "prev_pid == 2097152", "-C", "mono", "-b", "2M",
        ]
        let record = try host.host("record", options + ["--"] + load)
        #expect(record.status == 0 && !record.errorText.contains("warning"), "\(record.errorText)")
        let report = try TraceReport(of: output)
        #expect(report.count(cpu: 1) == 4000 && report.count(cpu: 0) == 0)
        #expect(record.output.contains(", clock mono"))
        // The clock that was asked for is the one that is on the time line.
        #expect(record.output.contains("time line: guest - host is known within"), "\(record.output)")
        #expect(try InstanceText(host.rig.instance) == Self.cleared)
        let refused = try host.host("record", ["--force", "-o", output, "-e", "no_such"])
        #expect(refused.status == 64 && refused.errorText.contains("event no_such: no such event"))
        #expect(try host.host("trace-setup", ["-C", "boot", "--json"]).output.contains(#""clock":"boot""#))
        #expect(try Command(Machine.release("trace-host"), ["tracing", "off", host.path]).status == 0)
        #expect(try host.host("clear").status == 0)
        #expect(try InstanceText(host.rig.instance) == Self.cleared)
        #expect(top == TopLevel())
    }

    @Test func `one thread may write, as root without capabilities, and nothing else may`() throws {
        let rig = try AgentRig(
            in: try TraceInstance(), options: ["--setup"], program: Machine.release("trace-agent"))
        _ = try rig.control.order("status")
        let uid = try rig.agent.status("Uid").split(separator: " ")[0]
        let writer = "\(try rig.agent.thread(named: "trace-rings"))"
        for thread in try namesIn("/proc/\(rig.agent.pid)/task") {
            let lines = try readText("/proc/\(rig.agent.pid)/task/\(thread)/status").split(separator: "\n")
            let fileUser = thread == writer ? "0" : "\(uid)"
            #expect(lines.contains("Uid:\t\(uid)\t\(uid)\t\(uid)\t\(fileUser)"))
            #expect(
                lines.contains("CapEff:\t0000000000000000") && lines.contains("CapPrm:\t0000000000000000"))
            if thread == writer { #expect(lines.contains("Seccomp:\t2")) }
        }
    }

    @Test func `without Landlock the agent does not start`() throws {
        let instance = try TraceInstance()
        let folder = try AgentRig.makeFolder(.files)
        try makeFIFO("\(folder.path)/agent-ctl-path")
        let agent = try Program(
            Machine.product("without-landlock"),
            [
                Machine.program("trace-agent"), "--setup", "--header-thread-without-landlock", "--ports",
                folder.path, "--instance", instance.name, "--socket", "\(folder.path)/control.sock",
            ])
        #expect(agent.wait() == 78)
        #expect(agent.errorText.contains("--setup: no Landlock here"), "\(agent.errorText)")
    }
}
