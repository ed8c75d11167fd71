import ArgumentParser
import CommandSupport
import Logging
import Reactor

struct RecordCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "record",
        abstract: "Records a guest into a trace.dat, for trace-cmd and KernelShark.",
        usage: "trace-host record <guest> [-o <file>] [--duration <time>] [<option> ...] [-- <command> ...]",
        discussion: """
            Starts the guest's agent, and stops it after the duration, when COMMAND ends, or at Ctrl-C. Until FILE is \
            complete, the pages of each CPU are in FILE.cpuN and the trace header in FILE.head. The exit code is that of \
            COMMAND, if it is not 0.
            """)

    @OptionGroup var guest: GuestSelection

    @Option(name: [.customShort("o"), .long], help: ArgumentHelp("The file to write.", valueName: "file"))
    var output = "trace.dat"

    @Flag(help: "Replace the file to write, if there is one.")
    var force = false

    @Option(help: ArgumentHelp("End after this time.", valueName: "time"))
    var duration: Interval?

    @Option(help: ArgumentHelp("Longest time to wait for an answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 30_000)

    @Option(
        help: ArgumentHelp(
            "A trace header of the same kernel, for an agent that sends none.", valueName: "file"))
    var header: String?

    @OptionGroup var trace: TraceOptions
    @OptionGroup var timeLine: TimeLineOptions

    @Argument(parsing: .postTerminator, help: ArgumentHelp("What is recorded.", valueName: "command"))
    var command: [String] = []

    func validate() throws {
        if output == "-" { throw ValidationError("-o: a trace.dat cannot be written to a pipe") }
    }

    func run() throws {
        var status: Int32 = 0
        let log = Logger(label: ProgramName.own) { _ in StandardErrorLog(program: ProgramName.own) }
        SignalFD.ignoreFailedWrites()
        do throws(Failure) {
            try wrappingSystemError(FileDescriptor.allowAsManyAsPossible)
            var options = RecordingOptions(
                guest: guest.ports(), output: output, replaces: force, header: header, duration: duration,
                timeout: timeout, command: command, timeLine: timeLine.plan(beside: output))
            options.setup = trace.setup
            status = try Recorder(options, log).run()
        } catch {
            log.error("\(error)")
            status = error.status.rawValue
        }
        if status != 0 { throw ExitCode(status) }
    }
}
