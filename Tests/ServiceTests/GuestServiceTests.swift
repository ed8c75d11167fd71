import Support
import Testing

/// The service under a real systemd and udev in a guest, on real ports that lead to FIFOs.
///
/// One guest serves all: a Debian with these ports, on which the agent's package was installed, and that was rebooted.
@MainActor
@Suite(.serialized, .enabled(if: Machine.hasSystemd, "needs the disks that `make systemd-guest` makes"))
struct GuestServiceTests {
    private static let setUp = Result { try SetUp() }
    private let guest: Guest
    private let answers: Connection

    init() throws {
        guest = try Self.setUp.get().guest
        answers = try guest.answers()
        try guest.run(
            "systemctl reset-failed; echo 2048 > /sys/kernel/tracing/buffer_size_kb; echo > /sys/kernel/tracing/trace"
        )
    }

    /// An order of the host, and its answer.
    private func hostOrder(_ word: String) throws -> Answer {
        try guest.order(word + "\n")
        return try answers.answer()
    }

    /// What each CPU has written has come, once each and in order.
    private func expectAll(_ written: [Int], after answer: Answer) throws {
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
    }

    @Test func `installed by apt it starts at once, and after a reboot the host's 1 streams`() throws {
        defer { guest.stopCatching() }
        let setUp = try Self.setUp.get()
        let names = Guest.portNames
        #expect(setUp.before == names.map { "\($0) root 600" }.joined(separator: "\n"))
        #expect(setUp.installation.hasSuffix("exit 0"), "\(setUp.installation)")
        #expect(
            setUp.after == (names.map { "\($0) virtio-trace 660" } + ["active", "1"]).joined(separator: "\n"))
        try guest.catchPages()
        try guest.order("1\n")
        let written = try guest.writeRecords(seconds: 1, rate: 10_000)
        try expectAll(written, after: try hostOrder("stop"))
    }

    @Test func `the port's appearance starts it, and it may do nothing but what it is for`() throws {
        #expect(try eventually { try guest.property("ActiveState") == "active" })
        // Nobody has connected to the socket.
        #expect(try guest.run("systemctl is-enabled virtio-trace-agent.service") == "enabled")
        let wanting = try guest.run("systemctl show --property WantedBy --value virtio-trace-agent.service")
        #expect(wanting == #""dev-virtio\\x2dports-agent\\x2dctl\\x2dpath.device""#)
        let uid = try guest.run("id -u virtio-trace")
        let gid = try guest.run("id -g virtio-trace")
        #expect(try guest.status("Uid") == "\(uid) \(uid) \(uid) \(uid)")
        #expect(try guest.status("Gid") == "\(gid) \(gid) \(gid) \(gid)")
        #expect(try guest.status("Groups") == "")
        for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
            #expect(try guest.status(set) == "0000000000000000", "\(set)")
        }
        #expect(try guest.status("NoNewPrivs") == "1")
        #expect(try guest.status("Seccomp") == "2")
    }

    @Test func `it takes little memory where the kernel likes huge pages`() throws {
        #expect(try guest.run("cat /sys/kernel/mm/transparent_hugepage/enabled").contains("[always]"))
        // Where the stacks lie, and so what a huge page would cover, is another every time.
        for _ in 0..<3 {
            try guest.run("systemctl reset-failed; systemctl restart virtio-trace-agent.service")
            #expect(Int(try guest.status("RssAnon").split(separator: " ")[0]) ?? .max <= 2048)
        }
    }

    @Test func `orders of the host stream, and systemctl stop sends the last page`() throws {
        defer { guest.stopCatching() }
        try guest.run("systemctl restart virtio-trace-agent.service")
        try guest.catchPages()
        #expect(try hostOrder("start").state == "streaming")
        let written = try guest.writeRecords(seconds: 3, rate: 20_000)
        let status = try guest.run("systemctl status virtio-trace-agent.service")
        #expect(status.contains(#"Status: "streaming, 2 CPUs, "#), "\(status)")
        try guest.run("systemctl stop virtio-trace-agent.service")
        #expect(try guest.property("Result") == "success")
        for cpu in 0...1 {
            #expect(try guest.stat("entries", cpu: cpu) == 0)
            // What the ports have taken is on its way.
            #expect(try eventually { try guest.caught(cpu: cpu, bytes: 0).records.count == written[cpu] })
            let stream = try guest.caught(cpu: cpu, bytes: 0)
            #expect(stream.flaw == nil)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
        try guest.run("systemctl start virtio-trace-agent.service")
    }

    @Test func `the host gets a header with symbols, and with events that came after the drop`() throws {
        defer {
            guest.stopCatching()
            _ = try? guest.run("cd /sys/kernel/tracing; echo 0 > events/enable; echo > kprobe_events")
        }
        try guest.run("systemctl restart virtio-trace-agent.service")
        try guest.catchPages()
        #expect(try hostOrder("start").state == "streaming")
        try guest.run(
            """
            cd /sys/kernel/tracing; echo 'p:opened do_sys_openat2 name=+0($arg2):ustring' > kprobe_events
            echo 1 > events/kprobes/enable; echo 1 > events/timer/hrtimer_expire_entry/enable
            cat /proc/version > /dev/null; sleep 0.1
            echo 0 > events/enable
            """)
        let answer = try hostOrder("stop")
        let (line, header) = try guest.header(from: answers)
        #expect(line.error == nil && line.symbols > 50_000)
        #expect(line.boot_id == (try guest.run("cat /proc/sys/kernel/random/boot_id")))
        let folder = TemporaryFolder()
        try writeBytes("\(folder.path)/header", header)
        for cpu in 0...1 { _ = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes) }
        let made = try Command(
            Machine.release("trace-agent"),
            ["assemble", "-o", "\(folder.path)/trace.dat", "\(folder.path)/header"]
                + (0...1).map { guest.caughtPath(cpu: $0) })
        #expect(made.status == 0 && made.errorText.isEmpty, "\(made.errorText)")
        let report = try TraceReport(of: "\(folder.path)/trace.dat")
        #expect(report.events.contains { $0.name == "opened" && $0.text.contains(#"name="/proc/version""#) })
        #expect(report.events.contains { $0.text.contains("function=hrtimer_wakeup") })
        for cpu in 0...1 { #expect(report.count(cpu: cpu) == (try guest.stat("read events", cpu: cpu))) }
        // The thread that makes them is confined by a filter of its own, and by Landlock.
        let filters = try guest.run(
            """
            cd /proc/\(guest.mainPID())/task
            for t in *; do [ "$(cat $t/comm)" = trace-headers ] && sed -n 's/Seccomp_filters:\\t//p' $t/status; done
            """)
        #expect(Int(filters) == (try Int(guest.status("Seccomp_filters")).map { $0 + 1 }))
        #expect(try !guest.journal().contains("no Landlock"))
        // Nor may another thread open more than ring buffers, which is enough for these.
        #expect(try !guest.canChangeTracer())
        #expect(try hostOrder("release").rings_released == true)
        #expect(try guest.canChangeTracer())
        #expect(try hostOrder("dump").rings_released == false)
        // The same from within for root, and without symbols for a member of the group.
        let local = "trace-agent metadata -o - 2> /dev/null | wc -c"
        #expect(abs(try guest.number(local) - line.bytes) < 4096)
        let member = "setpriv --reuid nobody --regid virtio-trace --clear-groups \(local)"
        let bytes = try guest.number(member)
        #expect(bytes > 100_000 && bytes < line.bytes - 1_000_000)
    }

    @Test
    func
        `a stream goes on when the agent is killed and restarted, with each event once, and the host is told`()
        throws
    {
        defer { guest.stopCatching() }
        try guest.run("systemctl reset-failed; echo 16384 > /sys/kernel/tracing/buffer_size_kb")
        try guest.catchPages()
        #expect(try hostOrder("start").state == "streaming")
        try guest.run(
            "for cpu in 0 1; do trace-load write /sys/kernel/tracing $cpu 9 20000 64 > /tmp/count$cpu 3>&- & done"
        )
        for (means, cause) in [("systemctl kill -s KILL", "crash"), ("systemctl restart", "restart")] {
            try guest.run("\(means) virtio-trace-agent.service")
            #expect(try answers.line() == "")
            #expect(try answers.line().hasPrefix("{\"after\":\"\(cause)\""))
        }
        try guest.run("until [ -s /tmp/count0 ] && [ -s /tmp/count1 ]; do sleep 0.1; done")
        let written = try (0...1).map { try guest.number("cat /tmp/count\($0)") }
        let answer = try hostOrder("stop")
        #expect(answer.complete && answer.totals.lost == 0)
        for cpu in 0...1 {
            #expect(try eventually { try guest.caught(cpu: cpu, bytes: 0).records.count >= written[cpu] })
            let stream = try guest.caught(cpu: cpu, bytes: 0)
            let isWhole = stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu]))
            #expect(isWhole && stream.flaw == nil)
        }
    }

    @Test func `ports that are unplugged and come back are opened again without any privilege`() throws {
        defer { guest.stopCatching() }
        try guest.run("systemctl restart virtio-trace-agent.service")
        try guest.catchPages()
        #expect(try hostOrder("start").state == "streaming")
        try guest.unplug("trace-path-cpu1")
        let written = try guest.writeRecords(seconds: 0.5, rate: 10_000)
        #expect(try eventually { try guest.client("status").cpus[1].state == "unplugged" })
        try guest.plug("trace-path-cpu1")
        #expect(try eventually { try guest.client("status").cpus[1].state == "waiting" })
        try guest.unplug("agent-ctl-path")
        try guest.plug("agent-ctl-path")
        #expect(try eventually { try guest.journal().contains("agent-ctl-path is back") })
        let answer = try hostOrder("stop")
        #expect(answer.complete)
        try expectAll(written, after: answer)
    }

    @Test func `ports of a device that is plugged in later are served too`() throws {
        defer { guest.stopCatching() }
        try guest.unplug("trace-path-cpu1")
        try guest.run("systemctl restart virtio-trace-agent.service")
        let first = try guest.mainPID()
        #expect(try guest.client("status").cpus.map(\.state) == ["idle", "portless"])
        try guest.catchPages()
        try guest.plugSerialDevice("late")
        try guest.plug("trace-path-cpu1", bus: "late.0")
        // systemd lets a service use only the devices that were there when it started.
        #expect(try eventually { ![0, first].contains(try guest.mainPID()) })
        #expect(try eventually { try guest.client("status").cpus.map(\.state) == ["idle", "idle"] })
        #expect(try hostOrder("start").state == "streaming")
        let written = try guest.writeRecords(seconds: 0.5, rate: 10_000)
        try expectAll(written, after: try hostOrder("stop"))
        #expect(try guest.journal().contains("to be restarted with access to the devices that are there now"))
    }

    @Test func `check finds everything in order, and what is not`() throws {
        try guest.run(
            "systemctl restart virtio-trace-agent.service; echo 1 > /sys/kernel/tracing/events/sched/enable")
        defer { _ = try? guest.run("echo 0 > /sys/kernel/tracing/events/sched/enable") }
        let sound = try guest.run("trace-agent check; echo $?").split(separator: "\n")
        #expect(sound.last == "0")
        #expect(sound.dropLast().allSatisfy { $0.hasPrefix("ok ") }, "\(sound)")
        try guest.run(
            """
            systemctl stop virtio-trace-agent.service virtio-trace-agent.socket
            echo 0 > /sys/kernel/tracing/tracing_on
            sleep 60 > /dev/virtio-ports/trace-path-cpu0 & holder=$!
            sleep 60 < /sys/kernel/tracing/per_cpu/cpu0/trace_pipe_raw & reader=$!
            chgrp root /dev/virtio-ports/trace-path-cpu1
            """)
        defer {
            _ = try? guest.run(
                """
                kill $holder $reader; wait
                echo 1 > /sys/kernel/tracing/tracing_on; chgrp virtio-trace /dev/virtio-ports/trace-path-cpu1
                systemctl start virtio-trace-agent.socket
                """)
        }
        let broken = try guest.run("trace-agent check; echo $?")
        #expect(broken.hasSuffix("\n69"))
        for finding in [
            "warn  recording     is off: echo 1 > /sys/kernel/tracing/tracing_on",
            "warn  readers       sleep (",
            "fail  port          /dev/virtio-ports/trace-path-cpu0 is held by sleep (",
            "fail  port          /dev/virtio-ports/trace-path-cpu1 does not belong to the group virtio-trace: udevadm",
            "warn  socket        no process listens",
        ] {
            #expect(broken.contains(finding), "\(finding): \(broken)")
        }
    }
}

/// How the guest came to its agent.
private struct SetUp {
    let guest: Guest
    /// The ports' owners, and programs that a guest does not need, before the package was there.
    let before: String
    /// What apt has printed, and its exit code.
    let installation: String
    /// The ports' owners, the service's state, and how often it was started, before the reboot.
    let after: String

    init() throws {
        guest = try Guest(.fifos, .fresh)
        let owners = "cd /dev/virtio-ports; stat -Lc '%n %G %a' \(Guest.portNames.joined(separator: " "))"
        before = try guest.run(
            "\(owners); for name in cc gcc clang swift make trace-agent; do command -v $name; done")
        installation = try guest.run(
            "cd /root; DEBIAN_FRONTEND=noninteractive apt install ./virtio-trace-agent_*.deb; echo exit $?",
            within: .seconds(120))
        after = try guest.run(
            """
            \(owners); systemctl is-active virtio-trace-agent.service
            journalctl --sync; journalctl -u virtio-trace-agent -o cat | grep -c ^Started
            """)
        try guest.reboot()
    }
}
