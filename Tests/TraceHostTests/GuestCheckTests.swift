import CommandSupport
import ControlProtocol
import Support
import Testing

@testable import trace_host

/// `trace-host check`.
struct GuestCheckTests {
    private let folder = TemporaryFolder()

    private func check() throws -> Command {
        try Command(Machine.product("trace-host"), ["check", folder.path, "--timeout", "200ms"])
    }

    @Test func `a plain file, a lonely FIFO, a CPU without a port and no guest are told`() throws {
        try makeFIFO("\(folder.path)/agent-ctl-path.in")
        try makeFIFO("\(folder.path)/agent-ctl-path.out")
        try makeFIFO("\(folder.path)/trace-path-cpu1.out")
        try writeFile("\(folder.path)/trace-path-cpu2", "")
        let check = try check()
        #expect(check.status == 69)
        #expect(
            check.output.contains(
                "fail  port          \(folder.path)/trace-path-cpu1.out has no trace-path-cpu1.in"))
        #expect(check.output.contains("trace-path-cpu2 is no socket: remove it"))
        #expect(check.output.contains("warn  ports         CPUs 1 have one, 0 have none"))
        #expect(
            check.output.contains("no QEMU has \(folder.path)/agent-ctl-path.in open: does the guest run?"))
    }

    @Test func `another reader is named, and an agent that does not answer is a warning`() throws {
        let control = try FIFOPort("\(folder.path)/agent-ctl-path")
        let stream = try FIFOPort("\(folder.path)/trace-path-cpu0")
        let quiet = try check()
        #expect(quiet.status == 0, "\(quiet.output)")
        #expect(quiet.output.contains("warn  agent         none answers within 200ms"))
        let cat = try Program("cat", ["\(folder.path)/trace-path-cpu0.out"])
        #expect(
            try eventually {
                try check().output.contains("trace-path-cpu0.out is read by cat (\(cat.pid)) too")
            })
        withExtendedLifetime((control, stream)) {}
    }

    @Test func `CPUs of the agent are compared with the ports`() {
        let cpus = [0, 2].map { CPUReport(cpu: $0, state: .idle, counts: Counts()) }
        let report = Report(
            state: .stopped, instance: "", pageSize: 4096, cpus: cpus, ordersRefused: 0, isComplete: true)
        #expect(
            GuestCheck.agent(report, [0, 1]).map(\.text) == [
                "it has no CPU for the ports of 1: they stay empty",
                "it serves CPUs 2, whose ports are not here",
            ])
        #expect(GuestCheck.cpus([0, 1], remedy: "").map(\.verdict) == [.ok])
    }
}
