import ArgumentParser
import CommandSupport
import Reactor

/// What a recording's COMMAND is until the recording has begun: see `RecordedCommand`.
struct LaunchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: RecordedCommand.launcher, shouldDisplay: false)

    @Argument(parsing: .captureForPassthrough)
    var words: [String] = []

    func run() throws {
        let gate = FileDescriptor(owning: RecordedCommand.gate)
        try gate.setStatusFlags([])
        // The recording has ended before it has begun.
        if try gate.readSome(1).isEmpty { throw ExitCode(RecordedCommand.notRun) }
        try gate.setCloseOnExec()
        let command = Array(words.drop { $0 == "--" })
        let reason = becomeProgram(command)
        programLog("trace-agent").error("cannot run \(command[0]): \(reason)")
        throw ExitCode(reason == .noEntry ? 127 : 126)
    }
}
