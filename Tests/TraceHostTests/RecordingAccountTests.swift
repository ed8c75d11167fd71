import ControlProtocol
import Testing

@testable import trace_host

/// What came from a guest, compared with what its agent counts.
struct RecordingAccountTests {
    /// A report with these bytes for CPU 0, and after that for CPU 1.
    private func report(_ bytes: [Int], lost: Int = 0, boot: String = "a", complete: Bool = true) -> Report {
        let cpus = bytes.enumerated().map { cpu, bytes in
            var counts = Counts()
            counts[.bytes] = bytes
            counts[.lost] = lost
            return CPUReport(cpu: cpu, state: .idle, counts: counts)
        }
        var report = Report(
            state: .stopped, instance: "", pageSize: 4096, cpus: cpus, ordersRefused: 0, isComplete: complete)
        report.facts.bootID = boot
        return report
    }

    @Test func `bytes that the agent sent and that did not come are outstanding, and missing`() {
        let account = RecordingAccount(
            before: report([4096, 8192]), after: report([12288, 8192]), received: [0: 4096, 1: 0])
        #expect(account.outstanding == 4096)
        #expect(account.problems == ["CPU 0: 4096 of 8192 bytes that the agent sent did not come"])
        #expect(account.excess(cpu: 0, isContinued: false) == 0)
    }

    @Test func `what lay in a port is in excess, and of a stream that went on only the rest of a page`() {
        let account = RecordingAccount(
            before: report([4096]), after: report([8192]), received: [0: 4096 + 4096 + 100])
        #expect(account.outstanding == 0 && account.problems.isEmpty)
        #expect(account.excess(cpu: 0, isContinued: false) == 4096 + 100)
        #expect(account.excess(cpu: 0, isContinued: true) == 100)
    }

    @Test func `nothing is said of counts that began anew`() {
        let account = RecordingAccount(
            before: report([8192]), after: report([4096], boot: "b"), received: [0: 4096])
        #expect(account.outstanding == 0 && account.sent(cpu: 0) == nil)
        #expect(account.problems.count == 1 && account.problems[0].contains("started anew"))
        #expect(account.lines.last?.hasSuffix("?") == true)
    }

    @Test(arguments: [(running: 3, restarts: 0), (running: 9, restarts: 1)])
    func `nothing is cut off if the agent has started anew, however its counts look`(
        running: Int, restarts: Int
    ) {
        var (before, after) = (report([0]), report([4096]))
        (before.facts.running, before.facts.restarts) = (5, 0)
        (after.facts.running, after.facts.restarts) = (running, restarts)
        let account = RecordingAccount(before: before, after: after, received: [0: 8192])
        #expect(account.excess(cpu: 0, isContinued: false) == 0 && account.sent(cpu: 0) == nil)
        #expect(account.problems.count == 1 && account.problems[0].contains("started anew"))
    }

    @Test func `lost events, an incomplete stop and a port that was not recorded are told`() {
        let account = RecordingAccount(
            before: report([0, 0]), after: report([4096, 4096], lost: 3, complete: false), received: [0: 4096]
        )
        #expect(
            account.problems == [
                "CPU 0: the kernel lost 3 events while it was recorded",
                "CPU 1: its port was not recorded: 4096 bytes",
                "CPU 1: the kernel lost 3 events while it was recorded",
                "the stop is not complete: the host did not accept everything in time",
            ])
    }
}
