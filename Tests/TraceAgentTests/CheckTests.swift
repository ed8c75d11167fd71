import CommandSupport
import Glibc
import Reactor
import Support
import Testing

@testable import trace_agent

/// What `trace-agent check` concludes.
struct CheckTests {
    // MARK: the service's options

    @Test(arguments: [
        ("OPTIONS=--cpu 0", "--cpu 0"), ("OPTIONS=\"--cpu 0\"\n", "--cpu 0"), ("OPTIONS='-s 64K'", "-s 64K"),
        ("# OPTIONS=--cpu 1\n;OPTIONS=--cpu 2\n OPTIONS = --cpu 3 \n", "--cpu 3"),
        ("OPTIONS=--cpu 0\nOPTIONS=--cpu 1\nOTHER=x", "--cpu 1"), ("OPTIONS=--cpu \\\n 0-1", "--cpu  0-1"),
        ("OPTIONS=", ""), ("OTHER=OPTIONS", nil), ("#OPTIONS=\"--pipe-size 256K\"", nil), ("", nil),
    ])
    func `an environment file is read as systemd reads it`(text: String, expected: String?) {
        #expect(EnvironmentFile.value(of: "OPTIONS", in: text) == expected)
    }

    @Test(arguments: [
        ("--cpu 0  -s\t64K ", ["--cpu", "0", "-s", "64K"]), ("", []), ("  ", []),
        ("--instance 'my rings' \"\"", ["--instance", "my rings", ""]), ("a'b c'd", ["ab cd"]),
    ])
    func `its value is split into words`(value: String, expected: [String]) {
        #expect(EnvironmentFile.words(of: value) == expected)
    }

    @Test(arguments: [
        ("OPTIONS=--frobnicate", "Unknown option '--frobnicate'"), ("OPTIONS=-s 4K", "64K to 1M, not 4K"),
        ("OPTIONS=frobnicate", "frobnicate"), ("OPTIONS=--instance ../x", "'../x' is not the name"),
    ])
    func `a wrong word of the service's options is named, and so is the file`(text: String, problem: String) {
        let result = ServiceOptions(fileText: text).result
        #expect(result.verdict == .fail)
        #expect(result.text.hasPrefix("wrong options in /etc/default/virtio-trace-agent: "))
        #expect(result.text.contains(problem), "\(result.text)")
        #expect(result.text.hasSuffix("; systemctl restart virtio-trace-agent.socket"))
    }

    @Test(arguments: [(nil, "none"), ("OPTIONS=", "none"), ("OPTIONS=--cpu 0-1", "--cpu 0-1")])
    func `right options of the service are shown`(text: String?, shown: String) {
        let result = ServiceOptions(fileText: text).result
        #expect(result.verdict == .ok)
        #expect(result.text.hasPrefix(shown + " "))
    }

    @Test func `what check is not told, it takes from the service's options`() throws {
        let text = "OPTIONS=--cpu 1 --instance rings --kallsyms /symbols --ports /ports"
        let service = try #require(ServiceOptions(fileText: text).tracing)
        let both = try TracingOptions.parse(["--cpu", "0", "--tracefs", "/here"]).completed(by: service)
        #expect(both.cpu?.cpus == [0])
        #expect(both.instance == "rings")
        #expect(both.tracefs == "/here")
        #expect(both.kallsyms == "/symbols")
        #expect(both.ports == "/ports")
    }

    // MARK: wrong words on the service's command line

    @Test(arguments: [
        (
            ["--options-from", "/etc/x", "--frobnicate"],
            "wrong options in /etc/x: Unknown option '--frobnicate'"
        ),
        (
            ["--options-from", "/etc/x", "-s", "4K"],
            "wrong options in /etc/x: the pipe size is 64K to 1M, not 4K"
        ),
        (["--frobnicate"], nil), (["--options-from"], nil),
    ])
    func `the agent names the file that a wrong word is from`(arguments: [String], expected: String?) {
        let error = #expect(throws: (any Error).self) { try TraceAgent.parseAsRoot(arguments) }
        let text = error.flatMap {
            OptionsOrigin.explanation(
                of: TraceAgent.message(for: $0), status: TraceAgent.exitCode(for: $0).rawValue, in: arguments)
        }
        #expect((text == nil) == (expected == nil))
        if let text, let expected { #expect(text.hasPrefix(expected), "\(text)") }
    }

    // MARK: the service

    private func state(_ service: String, socket: String = "LoadState=loaded\nActiveState=active\n")
        -> ServiceState
    {
        ServiceState(shown: "LoadState=loaded\n\(service)\n\(socket)")
    }

    @Test(arguments: [
        (
            "ActiveState=active\nMainPID=12\n", "LoadState=loaded\nActiveState=active\n",
            CheckResult.Verdict.ok, "active"
        ),
        ("ActiveState=inactive\nMainPID=0\n", "ActiveState=active\n", .ok, "inactive: "),
        (
            "ActiveState=failed\nResult=exit-code\nExecMainStatus=64\n", "ActiveState=active\n", .fail,
            "virtio-trace-agent.service has failed (exit-code, last exit code 64): journalctl"
        ),
        (
            "ActiveState=inactive\nResult=success\nExecMainStatus=0\n",
            "ActiveState=failed\nResult=trigger-limit-hit\n", .fail,
            "virtio-trace-agent.socket has failed (trigger-limit-hit, "
        ),
    ])
    func `a unit that has failed is reported`(
        service: String, socket: String, verdict: CheckResult.Verdict, text: String
    ) {
        let result = state(service, socket: socket).result
        #expect(result.verdict == verdict)
        #expect(result.text.hasPrefix(text), "\(result.text)")
    }

    @Test(arguments: [
        ("AllowedCPUs=\nEffectiveCPUs=\n", nil), ("AllowedCPUs=0-1 3\nEffectiveCPUs=\n", [0, 1, 3]),
        ("AllowedCPUs=0-3\nEffectiveCPUs=0-1\n", [0, 1]),
    ])
    func `the service's CPUs are known`(text: String, expected: [Int]?) {
        #expect(state(text).allowedCPUs?.cpus == expected)
    }

    @Test(arguments: [("MainPID=0\n", nil), ("MainPID=12\n", 12), ("", nil)])
    func `the service's process is known`(text: String, expected: Int?) {
        #expect(state(text).mainPID == expected)
    }

    // MARK: readers

    private static func holder(_ pid: Int, _ name: String = "trace-agent") -> RingReaders.Holder {
        RingReaders.Holder(pid: pid, name: name)
    }

    @Test(arguments: [
        ([], nil, CheckResult.Verdict.ok), ([holder(1)], nil, .ok), ([holder(1)], 1, .ok),
        ([holder(1)], 2, .warn), ([holder(1), holder(2)], 1, .warn), ([holder(1), holder(2)], nil, .warn),
        ([holder(3, "cat")], nil, .warn), ([holder(1), holder(3, "cat")], 1, .warn),
    ])
    func `every reader but one agent is one too many`(
        readers: [RingReaders.Holder], service: Int?, verdict: CheckResult.Verdict
    ) {
        let result = SystemCheck.readers(readers, service: service)
        #expect(result.verdict == verdict)
        for reader in readers where verdict == .warn && reader.pid != service {
            #expect(result.text.contains("\(reader.name) (\(reader.pid))"))
        }
    }

    // MARK: symbols

    @Test(arguments: [
        (
            "0000000000000000 T _text\n0000000000000100 A offset\n" as String?, "1", true,
            CheckResult.Verdict.warn,
            "container"
        ),
        ("0000000000000000 T _text\n", "2\n", true, .warn, "sysctl kernel.kptr_restrict=1"),
        ("0000000000000000 T _text\n", "2\n", false, .warn, "run check as root"),
        ("0000000000000000 A x\nffffffff81000000 T _text\n", "1", true, .ok, "shows their addresses"),
        ("", "0", true, .warn, "shows no addresses"), (nil, "0", true, .warn, "No such file or directory"),
    ])
    func `symbols are judged by what the file shows`(
        text: String?, restriction: String, isRoot: Bool, verdict: CheckResult.Verdict, message: String
    ) throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/kallsyms"
        if let text { try writeFile(path, text) }
        let result = SymbolsCheck.result(
            SymbolsCheck.view(of: path), of: path, restriction: restriction, isRoot: isRoot)
        #expect(result.verdict == verdict)
        #expect(result.text.contains(message), "\(result.text)")
    }

    // MARK: pinning

    @Test(arguments: [
        ([], [], CheckResult.Verdict.ok, "each CPU"), ([1], [], .warn, "this process may not run on CPU 1"),
        ([], [0, 2], .warn, "the service may not run on CPU 0,2"), ([1], [1], .warn, "the service"),
    ])
    func `a CPU to which no worker can be pinned is reported`(
        own: [Int], service: [Int], verdict: CheckResult.Verdict, message: String
    ) {
        let result = PinningCheck.result(own: own, service: service)
        #expect(result.verdict == verdict)
        #expect(result.text.contains(message), "\(result.text)")
    }

    @Test func `a CPU that does not exist cannot be pinned to`() throws {
        let online = try CPUList(ofSystem: "online").cpus
        #expect(PinningCheck.result(for: online + [4000], service: nil).text.contains("CPU 4000 (cpuset)"))
        #expect(
            PinningCheck.result(for: online, service: CPUList("4000")).text.contains("the service may not"))
    }

    // MARK: ports of a device

    private static func ports(_ device: Int, _ count: Int) -> [String] {
        (1..<count + 1).map { "vport\(device)p\($0)" }
    }

    @Test(arguments: [
        ([], []), (ports(0, 15), []), (ports(0, 16), [CrowdedDevice(name: "vport0", ports: 16)]),
        (ports(0, 15) + ports(1, 15), []),
        (ports(1, 3) + ports(12, 20), [CrowdedDevice(name: "vport12", ports: 20)]),
    ])
    func `a device is crowded above 15 ports`(ports: [String], expected: [CrowdedDevice]) {
        let crowded = CrowdedDevice.all(of: ports)
        #expect(crowded == expected)
        let result = PortsCheck.devices(crowded)
        #expect(result.verdict == (expected.isEmpty ? .ok : .warn))
        #expect(result.text.contains("second -device virtio-serial-pci") == !expected.isEmpty)
        #expect(
            (CrowdedDevice.hint(forPort: "vport12p3", among: crowded) != nil)
                == (crowded.first?.name == "vport12"))
        #expect(CrowdedDevice.hint(forPort: "vport1p1", among: crowded) == nil)
    }

    @Test(arguments: [("its device is full", 0, 1), ("its device is full", 1, 0), (nil, 0, 0)])
    func `a port that has never accepted anything is explained once`(
        hint: String?, accepted: Int, messages: Int
    ) throws {
        let folder = TemporaryFolder()
        let log = TestLog()
        var limited = LimitedLog(log.logger)
        let ring = try PipeRing(cpu: 0, in: folder, pageSize: 4096, kiB: 64)
        let sink = Sink(try .inMemory("port"), name: "/port", stallHint: hint)
        let channel = try ChannelMaker(pageSize: 4096, pipeSize: 64 << 10, log: log.logger).make(
            ring.ring, sink)
        channel.counters.bytes.count(accepted)
        var complaints = Complaints()
        for isBlocked in [false, true, true] { complaints.forget(channel, isBlocked: isBlocked, &limited) }
        #expect(log.messages.count == messages)
        #expect(log.messages.allSatisfy { $0 == "/port has never accepted anything, and its device is full" })
    }
}
