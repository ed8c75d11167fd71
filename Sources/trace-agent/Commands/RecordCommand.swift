import ArgumentParser
import CommandSupport

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Records this machine into a trace.dat, until Ctrl-C or the end of COMMAND.",
        usage:
            "trace-agent record [-o <file>] [-e <events> [-f <filter>]] ... [<option> ...] [-- <command> ...]",
        discussion: """
            It needs root, and no agent. If no event is enabled and none is given, the main scheduler events are recorded. \
            What it sets in tracefs is put back at the end, whatever ends it. The exit code is that of COMMAND, unless the \
            recording fails; a COMMAND that still runs at the end gets SIGTERM.
            """)

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    var output = "trace.dat"

    @Flag(help: "Replace the file to write, if there is one.")
    var force = false

    @Flag(help: "Show the time of day for each event, not the time of the clock.")
    var date = false

    @Flag(
        help: "Leave out the formats of events that do not occur: the file of a short recording is smaller.")
    var compact = false

    @Option(
        help: ArgumentHelp(
            "At the end, link FILE to others by the options in this file, as trace-host record does; it then has version 6.",
            valueName: "file"))
    var timeLine: String?

    @OptionGroup var trace: TraceOptions

    @OptionGroup var setup: SetupOptions

    @OptionGroup var parts: PartOptions

    @OptionGroup var common: CommonOptions

    @Argument(
        parsing: .postTerminator,
        help: ArgumentHelp("A program to run while it is recorded, and its arguments.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        if output.isEmpty { throw ValidationError("-o: a file has a name") }
        if output == "-" { throw ValidationError("-o: a trace.dat cannot be written to a pipe") }
        if setup.onlyCommand, command.isEmpty { throw ValidationError("--only-command: there is no COMMAND") }
        if setup.buffer != nil, common.tracing.instance != nil {
            throw ValidationError("--buffer makes an instance, --instance takes one that is there")
        }
    }

    func run() throws {
        var plan = RecordingPlan(to: output, common)
        plan.setup = trace.setup
        (plan.ownInstance, plan.onlyCommand) = (setup.buffer, setup.onlyCommand)
        plan.excludesSelf = setup.excludeSelf
        (plan.hasDates, plan.isCompact, plan.replaces) = (date, compact, force)
        (plan.limits, plan.linksPath, plan.command) = (parts.limits, timeLine, command)
        let log = programLog("trace-agent", level: common.logLevel)
        let status: Int32
        do throws(Failure) {
            status = try record(plan, log)
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
        throw ExitCode(status)
    }
}
