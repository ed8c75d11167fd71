import ArgumentParser
import CommandSupport
import ControlProtocol

@main
struct TraceAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace-agent",
        abstract: "Streams this machine's ftrace ring buffers to the host, when the host orders it.",
        usage: """
            trace-agent [-o] [-s <size>] [<option> ...]
            trace-agent <subcommand>
            """,
        discussion: """
            Run as root without options, it opens agent-ctl-path and trace-path-cpuN in /dev/virtio-ports and waits for \
            orders on the first: 1 starts, 0 stops. The words start, stop, dump, release and status are answered with \
            one line, metadata with a line and a trace header.

              -o                      Write the trace data to standard output instead of the ports.
              -s <size>               Size of each CPU's pipe, 64K to 1M. (default: 64K)
              all options             trace-agent run --help

            The other subcommands talk to the agent that runs already, check this machine, or make a trace.dat.
            """,
        version: programVersion,
        subcommands: [
            RunCommand.self, StartCommand.self, StopCommand.self, DumpCommand.self, ReleaseCommand.self,
            SetupCommand.self, ClearCommand.self, TracingCommand.self,
            StatusCommand.self, MetadataCommand.self, CheckCommand.self,
            AssembleCommand.self, RecordCommand.self, PutBackCommand.self, LaunchCommand.self,
        ],
        defaultSubcommand: RunCommand.self)

    /// The command that the arguments ask for.
    ///
    /// The agent itself is tried first, without the tree of the others, which takes a part of its start; what is not that
    /// command, or is wrong, is left to the tree.
    private static func parsed(_ arguments: [String]) throws -> any ParsableCommand {
        let options =
            arguments.first == RunCommand.configuration.commandName ? arguments.dropFirst() : arguments[...]
        if options.first?.hasPrefix("-") ?? true,
            let run = try? RunCommand.parseAsRoot(Array(options)) as? RunCommand
        {
            return run
        }
        return try parseAsRoot(arguments)
    }

    static func main() {
        let arguments = Array(CommandLine.arguments.dropFirst())
        exitIfSubcommandIsUnknown(arguments)
        do {
            var command = try parsed(arguments)
            try command.run()
        } catch let code as ExitCode {
            // What is wrong was logged.
            exit(withError: code)
        } catch {
            let explanation = OptionsOrigin.explanation(
                of: message(for: error), status: exitCode(for: error).rawValue, in: arguments)
            guard let explanation else { exit(withError: error) }
            programLog("trace-agent").error("\(explanation)")
            exit(withError: ExitCode(ExitStatus.usage.rawValue))
        }
    }
}
