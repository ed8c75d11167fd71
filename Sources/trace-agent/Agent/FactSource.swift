import CommandSupport
import ControlProtocol

/// What a report has besides the pages, as far as no part of the agent owns it.
struct FactSource: ~Copyable {
    private let tracing: TracingSwitch
    /// The kernel's name of this boot.
    private let bootID: String
    private let problem: LastProblem
    private let begun = ContinuousClock.now

    init(_ tracing: consuming TracingSwitch, bootID: String, _ problem: LastProblem) {
        self.tracing = tracing
        self.bootID = bootID
        self.problem = problem
    }

    func add(to report: inout Report) {
        report.facts.bootID = bootID
        report.facts.running = begun.secondsAgo
        report.facts.isTracingOn = tracing.isOn
        report.facts.lastError = problem.now.map { LastError($0.message, age: $0.at.secondsAgo) }
        if report.facts.isTracingOn == false {
            report.warnings.append("tracing_on is 0: nothing is recorded")
        }
    }
}
