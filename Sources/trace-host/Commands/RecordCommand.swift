import ArgumentParser
import CommandSupport
import ControlProtocol
import Logging
import Reactor

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Records guests, each into a trace.dat, for trace-cmd and KernelShark.",
        usage:
            "trace-host record <guest> ... [-o <file>] [--duration <time>] [<option> ...] [-- <command> ...]",
        discussion: """
            Starts the guests' agents, and stops them after the duration, when COMMAND ends, or at Ctrl-C. Until FILE is \
            complete, the pages of each CPU are in FILE.cpuN and the trace header in FILE.head. Of several guests, each gets \
            a file of its own, as trace-NAME.dat. The exit code is that of COMMAND, unless a recording fails.
            """)

    @OptionGroup var guests: GuestsSelection

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    var output = "trace.dat"

    @Flag(help: "Replace the file, if there is one.")
    var force = false

    @Option(help: ArgumentHelp("End after this time.", valueName: "time"))
    var duration: Interval?

    @OptionGroup var parts: PartOptions

    @Flag(help: "Let the guest record into its ring buffers only; at a trigger, get what they hold then.")
    var flight = false

    @Option(
        help: ArgumentHelp(
            "With --flight: a file whose appearance is a trigger, besides Enter, SIGUSR1 and COMMAND's end.",
            valueName: "file"))
    var trigger: String?

    @Option(
        help: ArgumentHelp("With --flight: record on for this time after the trigger.", valueName: "time"))
    var after: Interval?

    @Option(help: ArgumentHelp("Longest time to wait for an answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 30_000)

    @Option(
        help: ArgumentHelp(
            "A trace header of the same kernel, for an agent that sends none.", valueName: "file"))
    var header: String?

    @OptionGroup var trace: TraceOptions
    @OptionGroup var timeLine: TimeLineOptions

    @Option(
        name: .customLong(Self.commandWord), parsing: .unconditionalSingleValue,
        help: ArgumentHelp(visibility: .hidden))
    var command: [String] = []

    private static let commandWord = "command-word"

    /// Turns what follows `--` into options: a command cannot have two lists of arguments.
    static func nameCommandWords(in arguments: [String]) -> [String] {
        guard arguments.first == configuration.commandName, let end = arguments.firstIndex(of: "--") else {
            return arguments
        }
        return arguments[..<end] + arguments[(end + 1)...].flatMap { ["--\(commandWord)", $0] }
    }

    func validate() throws {
        if output.isEmpty { throw ValidationError("-o: a file has a name") }
        if output == "-" { throw ValidationError("-o: a trace.dat cannot be written to a pipe") }
        if timeLine.monitor != nil, guests.ports().count > 1 {
            throw ValidationError("--monitor is for one guest: name several by --qmp")
        }
        if !flight, trigger != nil || after != nil {
            throw ValidationError("--trigger and --after are for --flight")
        }
        if flight, duration != nil { throw ValidationError("--flight has no --duration, but --after") }
        if flight, parts.limits != nil { throw ValidationError("--flight makes one file, without parts") }
    }

    func run() throws {
        let status: Int32
        let log = Logger(label: ProgramName.own) { _ in StandardErrorLog(program: ProgramName.own) }
        SignalFD.ignoreFailedWrites()
        do throws(Failure) {
            try wrappingSystemError(FileDescriptor.allowAsManyAsPossible)
            try Request(.setup(trace.setup), id: .random()).checkLength()
            let options = RecordingOptions(
                replaces: force, header: header, duration: duration, timeout: timeout, limits: parts.limits,
                flight: flight ? RecordingOptions.Flight(file: trigger, after: after) : nil, command: command,
                setup: trace.setup, timeLine: timeLine.plan(beside: output, replacing: force))
            let targets = try RecordingTarget.targets(guests.ports(), output: output)
            status = try Recorder(targets, options, log).run()
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
        if status != 0 { throw ExitCode(status) }
    }
}
