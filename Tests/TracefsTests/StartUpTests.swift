import Glibc
import Reactor
import Support
import Testing

@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct StartUpTests {
    @Test(arguments: [
        (
            ["--tracefs", "/nowhere", "--foreground"], 69,
            "no tracefs at /nowhere: mount -t tracefs nodev /sys/kernel/tracing"
        ),
        (
            ["--foreground", "-o", "--reactor-cpu", "8000"], 78,
            "--reactor-cpu: none of the CPUs 8000 can be used: Invalid argument"
        ),
        (
            ["--instance", "no-such-instance", "--foreground"], 78,
            "mkdir /sys/kernel/tracing/instances/no-such-instance"
        ),
        (["--ports", "/nowhere"], 69, "no control port /nowhere/agent-ctl-path"),
        (["--ports", "/nowhere", "--foreground"], 69, "no port for any CPU in /nowhere"),
        (["--cpu", "4000", "--foreground"], 64, "no CPU 4000"),
        (["-s", "4K"], 64, "64K to 1M"),
        (["-s", "lots"], 64, "lots"),
        (["--flush-interval", "-1s"], 64, "flush-interval"),
        (["--instance", "../.."], 64, "not the name"),
        (["--frobnicate"], 64, "--frobnicate"),
    ])
    func `says what is wrong and how to mend it`(arguments: [String], code: CInt, message: String) throws {
        let agent = try Program(Machine.program("trace-agent"), arguments)
        #expect(agent.wait() == code)
        #expect(agent.errorText.contains(message), "\(agent.errorText)")
    }

    @Test func `one missing port costs one CPU`() throws {
        let rig = try AgentRig(options: ["--cpu", "0-1"]) { unlink("\($0.path)/trace-path-cpu1") }
        try rig.instance.write(10, cpu: 0)
        _ = try rig.control.order("start")
        let answer = try rig.control.order("stop")
        #expect(answer.cpus.map(\.state) == ["idle", "portless"])
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<10))
        #expect(rig.agent.errorText.contains("CPU 1 is not traced: no port"))
    }

    @Test func `a port that comes later is served from the next start on`() throws {
        let rig = try AgentRig { unlink("\($0.path)/trace-path-cpu1") }
        try rig.instance.write(10, cpu: 1)
        try writeFile(rig.path(cpu: 1), "")
        _ = try rig.control.order("start")
        _ = try rig.control.order("stop")
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<10))
    }

    @Test func `without root it says so`() throws {
        let agent = try Program(
            "setpriv", ["--reuid", "65534", "--clear-groups", Machine.program("trace-agent"), "--foreground"])
        #expect(agent.wait() == 77)
        #expect(agent.errorText.contains("this needs root"), "\(agent.errorText)")
    }

    @Test func `check without root says what it did not look at, and fails only what fails for this user`()
        throws
    {
        let folder = TemporaryFolder()
        for name in ["agent-ctl-path", "trace-path-cpu0", "trace-path-cpu1"] {
            try makeFIFO("\(folder.path)/\(name)")
        }
        let user = ["--reuid", "65533", "--regid", "65533", "--clear-groups"]
        let command = try Command(
            "setpriv",
            user + [Machine.release("trace-agent"), "check", "--cpu", "0-1", "--ports", folder.path])
        #expect(command.status == 0, "\(command.output)")
        #expect(
            command.output.contains(
                "warn  tracefs       not checked, nor rings, recording, headers, readers: cannot open /sys/kernel/tracing: Permission denied: this needs root: run check as root"
            ), "\(command.output)")
        #expect(command.output.contains("warn  processes     those of other users are not checked"))
    }

    @Test func `many CPUs need more descriptors than the soft limit allows`() throws {
        let folder = TemporaryFolder()
        for cpu in 0...1 { try makeLink("\(folder.path)/trace-path-cpu\(cpu)", to: "/dev/null") }
        let program = Machine.program("trace-agent")
        let script = "ulimit -Sn 12; exec \"$0\" --foreground --ports \"$1\""
        let agent = try Program("sh", ["-c", script, program, folder.path])
        #expect(eventually { agent.errorText.contains("streaming 2 CPUs") }, "\(agent.errorText)")
        agent.signal(SIGTERM)
        #expect(agent.wait() == 0)
    }

    @Test func `closed standard streams are no trap`() throws {
        let folder = TemporaryFolder()
        try makeLink("\(folder.path)/trace-path-cpu0", to: "/dev/null")
        let script = "exec \"$0\" --foreground --cpu 0 --ports \"$1\" <&- >&-"
        let agent = try Program("sh", ["-c", script, Machine.program("trace-agent"), folder.path])
        #expect(eventually { agent.errorText.contains("streaming 1 CPU") }, "\(agent.errorText)")
        for number in 0...1 {
            #expect(FileDescriptor.resolve("/proc/\(agent.pid)/fd/\(number)") == "/dev/null")
        }
        agent.signal(SIGTERM)
        #expect(agent.wait() == 0)
    }
}
