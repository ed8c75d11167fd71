import ArgumentParser
import CommandSupport
import Reactor

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Checks what could keep a guest from being recorded.",
        discussion: """
            Prints one line for each thing that it checks: ok, warn or fail, and what to do. It changes nothing, and takes \
            no page. Exits with 0 if nothing fails, else with 69.
            """)

    @OptionGroup var guest: GuestSelection

    @Option(help: ArgumentHelp("Longest time to wait for the agent's answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 5000)

    func run() throws {
        SignalFD.ignoreFailedWrites()
        let results = GuestCheck(guest.ports(), within: timeout).results()
        for result in results { print(result.line) }
        if results.contains(where: { $0.verdict == .fail }) {
            throw ExitCode(ExitStatus.unavailable.rawValue)
        }
    }
}
