/// One line of `trace-agent check`.
struct CheckResult: Equatable, Sendable {
    enum Verdict: String, Sendable {
        case ok
        /// It works, but not as well as it could.
        case warn
        /// It does not work.
        case fail
    }

    let verdict: Verdict
    let subject: String
    /// What was found, and what to do about it.
    let text: String

    static func ok(_ subject: String, _ text: String) -> CheckResult {
        CheckResult(verdict: .ok, subject: subject, text: text)
    }

    static func warn(_ subject: String, _ text: String) -> CheckResult {
        CheckResult(verdict: .warn, subject: subject, text: text)
    }

    static func fail(_ subject: String, _ text: String) -> CheckResult {
        CheckResult(verdict: .fail, subject: subject, text: text)
    }

    var line: String { "\(verdict.rawValue.padded(to: 6))\(subject.padded(to: 14))\(text)" }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
