/// A shell in a guest, by a port of its own.
///
/// The guest powers off when this connection ends.
package final class GuestShell {
    private let connection: Connection
    /// What the guest's console has printed.
    private let console: () -> String

    package init(_ path: String, console: @escaping () -> String = { "" }) throws {
        connection = try Connection.to(path)
        self.console = console
    }

    /// Waits until the shell runs, once it has got its first line.
    package func begin() throws {
        try connection.send("hello\n")
        _ = try run("true", within: .seconds(90))
    }

    /// Starts a command that ends the shell; `begin` waits for the next one.
    package func end(_ command: String) throws { try connection.send("\(command)\n") }

    /// Runs a shell command in the guest: what it prints, without the last newline.
    package func run(_ command: String, within limit: Duration = patience) throws -> String {
        try connection.send("{ \(command)\n} 2>&1; echo \"[done $?]\"\n")
        var output: [String] = []
        while true {
            let line: String
            do { line = try connection.line(within: limit) } catch {
                throw TestFailure("\(command): \(error); console: \(console())")
            }
            if line.hasPrefix("[done ") { return output.joined(separator: "\n") }
            output.append(line)
        }
    }
}
