import ArgumentParser
import CommandSupport
import Reactor

/// The helper of a recording, which outlives it: see `PutBack`.
struct PutBackCommand: ParsableCommand {
    static let configuration = CommandConfiguration(commandName: PutBackList.command, shouldDisplay: false)

    func run() throws {
        // What ends the recording must not end this.
        let signals = try SignalFD.ofTerminal()
        defer { withExtendedLifetime(signals) {} }
        let input = FileDescriptor(owning: 0)
        try input.setStatusFlags([])
        let list = PutBackList(try input.readTextToEnd())
        let log = programLog("trace-agent")
        for problem in list.apply() { log.warning("\(problem)") }
    }
}
