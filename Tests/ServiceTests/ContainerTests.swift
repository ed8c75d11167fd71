import Glibc
import Reactor
import Support
import Testing

/// The service under a real systemd, in a container.
///
/// Each test leaves the service stopped and its socket listening.
@MainActor
@Suite(.serialized, .enabled(if: Machine.hasSystemd, "needs the root that `make systemd-guest` makes"))
struct ContainerTests {
    private let container: Container

    init() throws {
        container = try SharedContainer.boot.get()
        try container.run(
            "systemctl stop virtio-trace-agent.service; systemctl reset-failed; rm -rf /run/systemd/system/virtio-trace-agent.service.d; systemctl daemon-reload"
        )
        try container.instance.set("trace", "")
        for cpu in 0...1 { try writeFile("\(container.ports.path)/trace-path-cpu\(cpu)", "") }
    }

    private func stream(cpu: Int) throws -> PageStream {
        PageStream(
            try readFile("\(container.ports.path)/trace-path-cpu\(cpu)"),
            rawDataType: try TraceInstance.rawDataType())
    }

    @Test func `connecting starts it, and systemd's words stop it with the last page sent`() throws {
        #expect(try container.property("ActiveState") == "inactive")
        #expect(try container.client("start").state == "streaming")
        #expect(try container.property("ActiveState") == "active")
        try container.instance.write(50, cpu: 0)
        try container.instance.write(5000, cpu: 1)
        try container.run("systemctl stop virtio-trace-agent.service")
        #expect(try container.property("Result") == "success")
        #expect(try container.property("ActiveState") == "inactive")
        #expect(try stream(cpu: 0).numbers(of: 0) == Array(0..<50))
        #expect(try stream(cpu: 1).numbers(of: 1) == Array(0..<5000))
    }

    @Test func `its status line is live`() throws {
        _ = try container.client("start")
        #expect(
            try container.run("systemctl status virtio-trace-agent").contains(
                #"Status: "streaming, 2 CPUs, "#))
        // Less than the ring buffer holds.
        try container.instance.write(26_000, cpu: 0)
        var text = ""
        let isLive = try eventually {
            text = try container.property("StatusText")
            return text.contains("1.9 MiB sent, 0 events lost")
        }
        #expect(isLive, "\(text)")
        _ = try container.client("stop")
        #expect(try container.property("StatusText").hasPrefix("stopped, 2 CPUs, 1.9 MiB"))
    }

    @Test func `it may do nothing but what it is for`() throws {
        let status = try container.client("status")
        #expect(status.tracing_on == true && status.warnings == [])
        // systemd names the container's boot.
        #expect(status.boot_id.count == 36)
        let uid = try container.run("id -u virtio-trace")
        let gid = try container.run("id -g virtio-trace")
        #expect(try container.status("Uid") == "\(uid) \(uid) \(uid) \(uid)")
        #expect(try container.status("Gid") == "\(gid) \(gid) \(gid) \(gid)")
        #expect(try container.status("Groups") == "")
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(try container.status(set) == "0000000000000000", "\(set)")
        }
        #expect(try container.status("NoNewPrivs") == "1")
        #expect(try container.status("Seccomp") == "2")
    }

    @Test func `its units have nothing to complain of, and expose 1 point 4 at most`() throws {
        let units = "virtio-trace-agent.service virtio-trace-agent.socket"
        #expect(try container.run("systemd-analyze verify \(units); echo $?") == "0")
        let security =
            "systemd-analyze security --no-pager --offline=yes --threshold=14 virtio-trace-agent.service"
        #expect(try container.run("\(security) > /dev/null; echo $?") == "0")
    }

    @Test func `it is taken out of a running systemd, and in again, as often as one likes`() throws {
        for _ in 0..<2 { #expect(try container.run("/src/deactivate; echo $?").hasSuffix("0")) }
        #expect(try container.run("systemctl is-enabled virtio-trace-agent.socket") == "disabled")
        #expect(try container.run("trace-agent status; echo $?").hasSuffix("69"))
        for _ in 0..<2 { #expect(try container.run("/src/activate; echo $?").hasSuffix("0")) }
        #expect(try container.run("systemctl is-enabled virtio-trace-agent.socket") == "enabled")
        #expect(try container.client("status").state == "stopped")
    }

    @Test func `reload looks for ports`() throws {
        _ = try container.client("start")
        #expect(try container.run("systemctl reload virtio-trace-agent.service; echo $?") == "0")
        #expect(try container.journal().contains("reloaded: 2 CPUs have a port"))
        #expect(try container.client("status").state == "streaming")
    }

    @Test(
        arguments: [
            "kill -KILL $(systemctl show -P MainPID virtio-trace-agent)",
            "systemctl restart virtio-trace-agent.service", "/src/activate",
        ])
    func `a stream goes on after a crash, a restart and an upgrade, with each event once`(means: String)
        throws
    {
        try container.instance.set("buffer_size_kb", "16384")
        try container.setOptions("--stop-timeout 200ms")
        defer {
            try? container.instance.set("buffer_size_kb", "2048")
            try? container.setOptions()
        }
        // A reader that is slow: pages are in the pipe when the agent goes.
        let port = "\(container.ports.path)/trace-path-cpu0"
        unlink(port)
        try makeFIFO(port)
        defer {
            unlink(port)
            try? writeFile(port, "")
        }
        let host = try FileDescriptor.open(port, [.readOnly, .nonBlocking])
        _ = try container.client("start")
        let ended = try container.mainPID()
        let load = try container.instance.startLoad(cpu: 0, seconds: 1, rate: 50_000)
        let isInPipe = { (status: Answer) in status.cpus[0].pending > 0 && status.cpus[0].state == "blocked" }
        #expect(try eventually { isInPipe(try container.client("status")) })
        try container.run(means)
        #expect(try eventually { ![0, ended].contains(try container.mainPID()) })
        let written = try load.recordsWritten()
        var bytes: [UInt8] = []
        #expect(
            try eventually {
                bytes += try readAll(host)
                let status = try container.client("status")
                return status.state == "streaming" && status.totals.pending + status.totals.unread == 0
            })
        bytes += try readAll(host)
        let stopped = try container.client("stop")
        #expect(stopped.complete && stopped.totals.lost == 0 && stopped.restarts ?? 0 > 0)
        let stream = PageStream(bytes, rawDataType: try TraceInstance.rawDataType())
        let isWhole = stream.numbers(of: 0) == Array(0..<UInt64(written))
        #expect(isWhole && stream.flaw == nil)
    }

    @Test func `with --setup it records what it is told, over a crash and a restart, and leaves nothing`()
        throws
    {
        let instance = "\(TraceInstance.top)/instances/virtio-trace"
        try container.run("echo 'OPTIONS=\"--setup --setup-events sched\"' > /etc/default/virtio-trace-agent")
        defer { try? container.setOptions() }
        #expect(try container.client("status").instance == "virtio-trace")
        let order = "setup -e sched_switch -f 'prev_pid == 2097152' -C mono -b 512"
        #expect(try container.client(order).setup?.clock == "mono")
        let refused = try container.run("trace-agent setup -e timer")
        #expect(refused.contains("not among those that the agent allows"), "\(refused)")
        #expect(try readText("\(instance)/set_event") == "sched:sched_switch\n")
        #expect(try container.client("start").state == "streaming")
        for means in [
            "kill -KILL \(try container.mainPID())", "systemctl restart virtio-trace-agent.service",
        ] {
            let ended = try container.mainPID()
            try container.run(means)
            #expect(try eventually { ![0, ended].contains(try container.mainPID()) })
            let status = try container.client("status")
            #expect(status.state == "streaming" && status.setup?.clock == "mono" && status.tracing_on == true)
            #expect(try readText("\(instance)/events/sched/sched_switch/filter") == "(prev_pid == 2097152)\n")
        }
        let isGone = { access(instance, F_OK) != 0 }
        #expect(!isGone())
        try container.run("systemctl stop virtio-trace-agent.service")
        #expect(isGone())
        #expect(try container.property("Result") == "success")
    }

    @Test func `a stop of the service ends the stream for good`() throws {
        _ = try container.client("start")
        try container.run("systemctl stop virtio-trace-agent.service")
        #expect(try container.run("ls -A /run/virtio-trace-agent") == "control.sock")
        let status = try container.client("status")
        #expect(status.state == "stopped" && status.restarts == 0)
    }

    @Test(arguments: ["kill -STOP", "hold-thread"])
    func `one that is stuck is ended by the watchdog, and comes back`(means: String) throws {
        try container.run(
            """
            mkdir -p /run/systemd/system/virtio-trace-agent.service.d
            printf '[Service]\\nWatchdogSec=1500ms\\n' > /run/systemd/system/virtio-trace-agent.service.d/watchdog.conf
            systemctl daemon-reload
            """)
        _ = try container.client("start")
        let stuck = try container.mainPID()
        let load = try container.instance.startLoad(cpu: 0, seconds: 20, rate: 20_000)
        if means == "hold-thread" {
            // The worker is held, and the loop goes round.
            try container.run(
                """
                for task in /proc/\(stuck)/task/*; do [ "$(cat $task/comm)" = trace-cpu0 ] && worker=${task##*/}; done
                hold-thread $worker > /dev/null 2>&1 3>&- &
                """)
        } else {
            try container.run("kill -STOP \(stuck)")
        }
        #expect(try eventually { ![0, stuck].contains(try container.mainPID()) })
        #expect(try container.journal().contains("Watchdog timeout"))
        #expect(try container.client("status").state == "streaming")
        load.end()
    }

    @Test func `what it says is structured`() throws {
        _ = try container.client("start")
        _ = try container.client("stop")
        let entry = try container.journal("-o export PEER=client --lines 1")
        for field in [
            "MESSAGE=stop ordered by process ", "PRIORITY=6", "PEER_UID=0",
            "CODE_FILE=trace_agent/OrderLog.swift", "SYSLOG_IDENTIFIER=trace-agent",
        ] {
            #expect(entry.contains("\n\(field)"), "\(field)")
        }
        #expect(try container.journal("-o export LOST=0 --lines 1").contains("\nMESSAGE=stopped: "))
    }

    @Test func `members of the group may give orders, and others get a sentence`() throws {
        let member = "setpriv --reuid nobody --regid virtio-trace --clear-groups"
        let stranger = "setpriv --reuid nobody --regid nogroup --clear-groups"
        #expect(try container.run("\(member) trace-agent status > /dev/null; echo $?") == "0")
        let refused = try container.run("\(stranger) trace-agent status; echo $?")
        #expect(
            refused.hasPrefix(
                "trace-agent: you may not give the agent orders: be root, or a member of the group"))
        #expect(refused.hasSuffix("77"))
    }
}
