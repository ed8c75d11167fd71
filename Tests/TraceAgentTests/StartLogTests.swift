import ControlProtocol
import Support
import Testing

@testable import trace_agent

struct StartLogTests {
    @Test func `each warning is logged once for as long as it lasts`() {
        let log = TestLog()
        var startLog = StartLog(log.logger)
        for warnings in [["a"], ["a", "b"], ["b"], ["a"], []] {
            var report = Report.sample(state: .streaming)
            report.warnings = warnings
            startLog.log(report)
        }
        #expect(log.messages == ["a", "b", "a"])
        #expect(log.entries.allSatisfy { $0.level == .warning })
    }
}
