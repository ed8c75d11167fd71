import ArgumentParser
import ControlProtocol
import Reactor

/// The options that all orders to a running agent have in common, and how an order is given.
package struct OrderOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Longest time to wait for the answer.", valueName: "time"))
    package var timeout = Interval(milliseconds: 30_000)

    @Flag(help: "Print the answer as it comes: a JSON object.")
    package var json = false

    package init() {}

    /// Gives an order and prints the answer; a failure ends the program with one line of explanation.
    package func order(_ request: Request, at place: any AgentPlace) throws {
        try exitingOnFailure { () throws(Failure) in
            var conversation = try Conversation(request, at: place, within: timeout)
            let line = try conversation.line()
            let answer: Answer = try conversation.parse(line)
            if json {
                print(line.withoutControlCharacters)
            } else {
                for line in ReportTable.linesWithHeading(of: answer.report) { print(line) }
            }
            if let error = answer.error { throw Failure(.unavailable, error) }
            if [.stop, .dump].contains(request.word), !answer.report.isComplete {
                let causes = IncompleteStop.causes(answer.report).joined(separator: "; ")
                throw Failure(.outputFailed, "stopped, but \(causes)")
            }
        }
    }

    /// Orders a trace header and writes it to `output`, to standard output if that is `-`.
    package func saveHeader(to output: String, from place: any AgentPlace) throws {
        try exitingOnFailure { () throws(Failure) in
            var download = try HeaderDownload(from: place, to: output, within: timeout)
            let line = try download.run()
            // Standard output may hold the header.
            if json, output == "-" {
                StandardError.shared.write(line.withoutControlCharacters + "\n")
            } else if json {
                print(line.withoutControlCharacters)
            }
        }
    }
}

/// Runs `body`; a failure in it ends the program with one line of explanation.
package func exitingOnFailure(_ body: () throws(Failure) -> Void) throws {
    SignalFD.ignoreFailedWrites()
    do throws(Failure) {
        try body()
    } catch {
        StandardError.shared.write("\(ProgramName.own): \("\(error)".withoutControlCharacters)\n")
        throw ExitCode(error.status.rawValue)
    }
}
