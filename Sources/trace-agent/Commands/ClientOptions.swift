import ArgumentParser
import CommandSupport
import ControlProtocol
import Reactor

/// The options that all orders to a running agent have in common.
struct ClientOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where the agent listens.", valueName: "path"))
    var socket = WellKnown.socketPath

    @Option(help: ArgumentHelp("Longest time to wait for the answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 30_000)

    @Flag(help: "Print the answer as it comes: a JSON object.")
    var json = false

    /// Orders `word` and prints the answer; a failure ends the program with one line of explanation.
    ///
    /// - Parameter check: What is wrong with the report, `nil` if nothing is.
    func order(_ word: OrderWord, checking check: (Report) -> Failure? = { _ in nil }) throws {
        try exitingOnFailure { () throws(Failure) in
            var conversation = try Conversation(word, at: socket, within: timeout)
            let line = try conversation.line()
            let answer: Answer = try conversation.parse(line)
            if json {
                print(line)
            } else {
                for line in ReportTable.linesWithHeading(of: answer.report) { print(line) }
            }
            if let error = answer.error { throw Failure(.unavailable, error) }
            if let failure = check(answer.report) { throw failure }
        }
    }

    /// Runs `body`; a failure in it ends the program with one line of explanation.
    func exitingOnFailure(_ body: () throws(Failure) -> Void) throws {
        SignalFD.ignoreFailedWrites()
        do throws(Failure) {
            try body()
        } catch {
            StandardError.shared.write("trace-agent: \(error)\n")
            throw ExitCode(error.status.rawValue)
        }
    }
}
