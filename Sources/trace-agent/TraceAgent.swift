import ArgumentParser
import Logging

@main
struct TraceAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace-agent",
        abstract: "Streams this machine's ftrace ring buffers to the host, when the host orders it.",
        discussion: """
            Opens agent-ctl-path and trace-path-cpuN in the ports folder and waits for orders on the first: 1 \
            starts, 0 stops; start, stop and status are answered with one line.
            """,
        version: version)

    @OptionGroup var options: Options

    func run() throws {
        let standardError = StandardError()
        let log = Logger(label: "trace-agent") { _ in StandardErrorLog(standardError) }
        do throws(Failure) {
            try serve(options, log)
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
    }
}
