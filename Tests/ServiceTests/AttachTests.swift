import Support
import Testing

/// `trace-host attach` and `detach`, from its package, on a guest that boots without any port of the agent.
@MainActor
@Suite(.serialized, .enabled(if: Machine.hasSystemd, "needs the disks that `make systemd-guest` makes"))
struct AttachTests {
    private let installed: InstalledHost

    init() throws { installed = try InstalledHost() }

    private func host(_ words: [String]) throws -> Command {
        try Command("env", installed.program("trace-host") + words, within: .seconds(90))
    }

    @Test
    func `ports plugged in by QMP start the agent, all of it goes again, and a purge gives ports back`()
        throws
    {
        let guest = try Guest(.none, .agent)
        try guest.run("echo 8192 > /sys/kernel/tracing/buffer_size_kb; echo > /sys/kernel/tracing/trace")
        let name = ["--qmp", guest.monitorPath]
        let portless = try host(["check"] + name)
        #expect(
            portless.output.contains(
                "fail  ports         no CPU has one, such as trace-path-cpu0: trace-host attach"))
        // An attempt that was killed has come as far as this.
        try guest.command(
            "chardev-add",
            """
            {"id":"trace-host-trace-path-cpu1","backend":{"type":"socket","data":{"server":true,"wait":false,\
            "addr":{"type":"unix","data":{"path":"\(guest.monitorPath).earlier"}}}}}
            """)
        // And a port of the user's own is kept, with the name that trace-cmd's setup-guest gives it.
        try guest.command(
            "chardev-add",
            """
            {"id":"mine","backend":{"type":"socket","data":{"server":true,"wait":false,\
            "addr":{"type":"unix","data":{"path":"\(guest.monitorPath).mine"}}}}}
            """)
        try guest.command(
            "device_add",
            #"{"driver":"virtserialport","bus":"ports.0","id":"mine","chardev":"mine","name":"trace-pipe-cpu0"}"#
        )
        let attach = try host(["attach"] + name)
        #expect(
            attach.output.contains("2 ports plugged in, 1 were there\nthe agent serves CPUs 0-1\n"),
            "\(attach)")
        let again = try host(["attach"] + name)
        #expect(again.output.contains("0 ports plugged in, 3 were there\n"), "\(again)")

        let recording = try HostRecording(name, program: installed.program("trace-host"))
        let inUse = try host(["detach"] + name)
        #expect(inUse.status == 69 && inUse.errorText.contains("somebody is connected to"), "\(inUse)")
        let written = try guest.writeRecords(seconds: 1, rate: 20_000)
        let list = try host(["list"])
        #expect(list.output.contains("\(guest.monitorPath).mine  read by trace-host ("), "\(list.output)")
        let report = try recording.end()
        for cpu in 0...1 {
            #expect(report.count(cpu: cpu) == written[cpu])
            #expect(try guest.stat("overrun", cpu: cpu) == 0)
        }
        let check = try host(["check"] + name)
        #expect(check.status == 0 && !check.output.contains("fail"), "\(check.output)")

        let detach = try host(["detach"] + name)
        #expect(
            detach.output.contains("2 ports taken out; 1 that attach has not plugged in stay"), "\(detach)")
        #expect(try eventually { try guest.run("ls /dev/virtio-ports") == "shell\ntrace-pipe-cpu0" })
        #expect(try namesIn(guest.portsFolder).filter { $0.hasPrefix("qmp.") } == ["qmp.mine"])

        let owner = "stat -Lc '%G %a' /dev/virtio-ports/trace-pipe-cpu0"
        #expect(try guest.run(owner) == "virtio-trace 660")
        #expect(try guest.run("apt purge --yes virtio-trace-agent > /dev/null 2>&1; echo $?") == "0")
        #expect(try guest.run(owner) == "root 600")
        #expect(
            try guest.run("getent passwd virtio-trace; find /etc /usr /var/lib -name '*virtio-trace*'") == "")
    }
}
