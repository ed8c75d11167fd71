import ArgumentParser
import CommandSupport
import Logging
import Reactor

struct RunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Runs the agent; the default without a subcommand.")

    @OptionGroup var options: Options

    func run() throws {
        let handler: any LogHandler =
            Journal.isStandardError
            ? JournalLog(program: "trace-agent") : StandardErrorLog(program: "trace-agent")
        let problem = LastProblem()
        var log = Logger(label: "trace-agent") { _ in ProblemLog(handler, remembering: problem) }
        log.logLevel = options.logLevel
        do throws(Failure) {
            try serve(options, log, problem)
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
    }
}
