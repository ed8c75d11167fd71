import ArgumentParser

@main
struct TraceAgent: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace-agent",
        abstract: "Streams this machine's ftrace ring buffers to the host, when the host orders it.",
        discussion: """
            Opens agent-ctl-path and trace-path-cpuN in the ports folder and waits for orders on the first: 1 \
            starts, 0 stops; start, stop, dump and status are answered with one line, metadata with a line and the header \
            of a trace.dat. `trace-agent run --help` lists the options. With another subcommand it talks to the agent that runs already, or looks for what would keep one \
            from working.
            """,
        version: version,
        subcommands: [
            RunCommand.self, StartCommand.self, StopCommand.self, DumpCommand.self, StatusCommand.self,
            MetadataCommand.self, CheckCommand.self,
            AssembleCommand.self,
        ],
        defaultSubcommand: RunCommand.self)
}
