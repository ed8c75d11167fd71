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
        var log = Logger(label: "trace-agent") { _ in handler }
        log.logLevel = options.logLevel
        do throws(Failure) {
            try serve(options, log)
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
    }
}
