import ArgumentParser

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Looks for what keeps an agent on this machine from working, or from working well.",
        discussion: """
            Prints a line for each thing that it looks at: ok, warn or fail, and what to do. It changes nothing, opens no \
            port and reads no ring. Exits with 0 if nothing fails, else with 69.
            """)

    @OptionGroup var places: TracingOptions

    func run() throws {
        let findings = SystemCheck(places).findings()
        for finding in findings { print(finding.line) }
        if findings.contains(where: { $0.verdict == .fail }) {
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
    }
}
