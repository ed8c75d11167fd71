import CommandSupport
import ControlProtocol
import Logging
import Reactor
import Support
import Testing

@testable import trace_agent

struct FactSourceTests {
    private let folder = TemporaryFolder()
    private let log = TestLog()
    private let problem = LastProblem()

    private func report(tracingOn text: String?) throws -> Report {
        if let text { try writeFile("\(folder.path)/tracing_on", text) }
        let file = try? FileDescriptor.open("\(folder.path)/tracing_on", .readOnly)
        let source = FactSource(TracingSwitch(file), bootID: "boot", problem)
        var report = Report.sample()
        source.add(to: &report)
        return report
    }

    @Test(
        arguments: [("1\n", true), ("0\n", false), ("", nil), ("?", nil), (nil, nil)] as [(String?, Bool?)])
    func `tracing_on is reported, and 0 is a warning`(text: String?, isOn: Bool?) throws {
        let report = try report(tracingOn: text)
        #expect(report.facts.isTracingOn == isOn)
        #expect(report.warnings == (isOn == false ? ["tracing_on is 0: nothing is recorded"] : []))
        #expect(report.facts.bootID == "boot")
        #expect(report.facts.running == 0)
        #expect(report.facts.lastError == nil)
    }

    @Test(arguments: [Logger.Level.info, .error])
    func `the last warning or error is remembered, shown or not`(level: Logger.Level) throws {
        var log = Logger(label: "test") { _ in ProblemLog(self.log, remembering: problem) }
        log.logLevel = level
        for message in ["first", "second"] { log.warning("\(message)") }
        // Neither what is usual, nor what a peer sent, is the agent's problem.
        log.info("usual")
        log.warning("refused", metadata: ["peer": "host"])
        #expect(try report(tracingOn: nil).facts.lastError == LastError("second", age: 0))
        log.error("third")
        #expect(try report(tracingOn: nil).facts.lastError?.message == "third")
    }
}
