import ArgumentParser
import CommandSupport

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks what could keep an agent on this machine from working, or from working well.",
        discussion: """
            Prints one line for each thing that it checks: ok, warn or fail, and what to do. It changes nothing, opens no \
            port and reads no ring buffer. Exits with 0 if nothing fails, else with 69.
            """)

    @OptionGroup var tracing: TracingOptions

    func run() throws {
        let results = SystemCheck(tracing).results()
        for result in results { print(result.line) }
        if results.contains(where: { $0.verdict == .fail }) {
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
    }
}
