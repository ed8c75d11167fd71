import CommandSupport
import ControlProtocol
import Testing

struct TableTests {
    private func report(_ state: AgentState, complete: Bool = true, cpus: Int = 2) -> Report {
        var counts = Counts()
        for (number, counter) in Counter.allCases.enumerated() { counts[counter] = number + 1 }
        return Report(
            state: state, instance: "mine", pageSize: 4096,
            cpus: (0..<cpus).map { CPUReport(cpu: $0, state: .idle, counts: counts) }, ordersRefused: 0,
            isComplete: complete)
    }

    @Test func `a report is a table of equal lines, with the sums at the end`() {
        let lines = ReportTable.lines(of: report(.stopped))
        #expect(lines.count == 4)
        #expect(Set(lines.map(\.count)).count == 1)
        #expect(
            lines[0].split(separator: " ").map(String.init) == [
                "cpu", "state", "pages", "bytes", "lost", "overwritten", "unread", "undelivered", "gone",
                "zero",
                "splices", "blocked", "swaps", "unconfirmed",
            ])
        #expect(
            lines[1].split(separator: " ").map(String.init) == [
                "0", "idle", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11",
            ])
        #expect(
            lines[3].split(separator: " ").map(String.init) == [
                "all", "2", "4", "6", "8", "10", "12", "14", "16", "18", "20", "22",
            ])
    }

    @Test func `the line above it says what the agent does`() {
        #expect(ReportTable.linesWithHeading(of: report(.streaming))[0] == "streaming, trace instance mine")
        #expect(
            ReportTable.linesWithHeading(of: report(.stopped, complete: false, cpus: 0)) == [
                "stopped, trace instance mine, the last stop did not deliver everything", "no CPU has a port",
            ])
    }

    @Test func `what is wrong stands below it`() {
        var report = report(.streaming)
        report.warnings = ["tracing_on is 0", "CPU 1 has no port"]
        report.facts.isHostConnected = false
        let lines = ReportTable.linesWithHeading(of: report)
        #expect(lines[0] == "streaming, trace instance mine, no host is connected")
        #expect(lines.suffix(2) == ["warning: tracing_on is 0", "warning: CPU 1 has no port"])
        #expect(lines.count == 7)
    }

    @Test func `columns are as wide as their widest cell`() {
        #expect(Table(["a", "long"], [["123", "4"]]).lines == ["  a  long", "123     4"])
    }
}
