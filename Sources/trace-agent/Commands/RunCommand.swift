import ArgumentParser
import CommandSupport

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the agent; the default without a subcommand.")

    @OptionGroup var options: Options

    /// The file that the other options are from, for messages.
    @Option(help: .hidden)
    var optionsFrom: String?

    func run() throws {
        let problem = LastProblem()
        let log = programLog(
            "trace-agent", level: options.common.logLevel, wrappedIn: { ProblemLog($0, remembering: problem) }
        )
        do throws(Failure) {
            if let plan = options.recordingPlan {
                _ = try record(plan, log)
            } else {
                try serve(options, log, problem)
            }
        } catch {
            log.error("\(explained(error))")
            throw ExitCode(error.status.rawValue)
        }
    }

    /// The message about a failure, with the place of the options that it may be about.
    private func explained(_ error: Failure) -> String {
        guard let optionsFrom, [.usage, .configuration].contains(error.status) else {
            return error.description
        }
        return OptionsOrigin.explanation(of: error.description, from: optionsFrom)
    }
}
