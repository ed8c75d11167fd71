/// One line of the command `check`.
package struct CheckResult: Equatable, Sendable {
    package enum Verdict: String, Sendable {
        case ok
        /// It works, but not as well as it could.
        case warn
        /// It does not work.
        case fail
    }

    package let verdict: Verdict
    package let subject: String
    /// What was found, and what to do about it.
    package let text: String

    package static func ok(_ subject: String, _ text: String) -> CheckResult {
        CheckResult(verdict: .ok, subject: subject, text: text)
    }

    package static func warn(_ subject: String, _ text: String) -> CheckResult {
        CheckResult(verdict: .warn, subject: subject, text: text)
    }

    package static func fail(_ subject: String, _ text: String) -> CheckResult {
        CheckResult(verdict: .fail, subject: subject, text: text)
    }

    package var line: String {
        "\(verdict.rawValue.padded(to: 6))\(subject.padded(to: 14))\(text.withoutControlCharacters)"
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
