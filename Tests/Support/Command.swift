import Glibc

/// A program that has been run to its end: what it printed and said.
package struct Command {
    package let status: CInt?
    package let output: String
    package let errorText: String

    package init(_ path: String, _ arguments: [String], within limit: Duration = patience) throws {
        let file = temporaryPath()
        defer { unlink(file) }
        let program = try Program(path, arguments, output: .truncate(file))
        status = program.wait(limit)
        output = try readText(file)
        errorText = program.errorText
    }
}
