import CommandSupport
import ControlProtocol

/// Where options on the command line come from, if an administrator has written them into a file: `--options-from`.
enum OptionsOrigin {
    static let option = "--options-from"

    private static let remedy = "correct it, then \(WellKnown.revivalCommands)"

    /// The message about a wrong word that may be from a file.
    ///
    /// - Parameters:
    ///   - problem: What the parser says.
    ///   - status: The exit code that it gives the problem.
    /// - Returns: `nil` if the problem is of another kind, or the words are from no file.
    static func explanation(of problem: String, status: Int32, in arguments: [String]) -> String? {
        guard status == ExitStatus.usage.rawValue, let place = arguments.firstIndex(of: option),
            place + 1 < arguments.count
        else { return nil }
        return explanation(of: problem, from: arguments[place + 1])
    }

    static func explanation(of problem: String, from file: String) -> String {
        "wrong options in \(file): \(problem.split(separator: "\n").joined(separator: " ")): \(remedy)"
    }
}
