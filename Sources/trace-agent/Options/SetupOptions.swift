import ArgumentParser
import CommandSupport

/// What a recording does in tracefs for its time, besides what is recorded.
struct SetupOptions: ParsableArguments {
    @Option(
        name: [.customShort("B"), .long],
        help: ArgumentHelp(
            "Make a trace instance of this name for the recording, and remove it at the end.",
            valueName: "name"))
    var buffer: String?

    @Flag(
        name: [.customShort("F"), .long],
        help: "Record only what COMMAND and its children do.")
    var onlyCommand = false

    @Flag(help: "Record no events of the recording's own threads.")
    var excludeSelf = false

    func validate() throws {
        if let buffer, buffer.isEmpty || buffer.contains("/") || buffer.hasPrefix(".") {
            throw ValidationError("'\(buffer)' is not the name of a trace instance")
        }
    }
}
