/// The name of the program that runs.
package enum ProgramName {
    /// The last part of the path that it was started by.
    package static let own = CommandLine.arguments.first?.split(separator: "/").last.map { String($0) } ?? "?"
}
