import ArgumentParser
import Logging
import Reactor
import TraceFile

/// `assemble`, which both programs have.
package struct AssembleCommand: ParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "assemble",
        abstract:
            "Makes a trace.dat, for trace-cmd and KernelShark, from a trace header and one stream of pages per CPU.",
        discussion: """
            The header is the file that the order metadata returned; each CPU file contains the output of one \
            trace-path-cpuN. If all names have a number, as cpu10.raw, it is that of the CPU; otherwise CPU 0 comes first. \
            Every page is checked before anything is written.
            """)

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("The file to write.", valueName: "file"))
    var output = "trace.dat"

    @Flag(help: "Replace the file to write, if there is one.")
    var force = false

    @Flag(
        help: ArgumentHelp(
            "Keep what is left of damaged streams.",
            discussion: """
                Bytes that are no page are left out. A stream that goes back in time is cut there: trace.dat has the \
                first part of each stream, trace.2.dat the second one, and so on.
                """))
    var salvage = false

    @Flag(help: "Write version 6 for a trace instance, too, without its name: every trace-cmd reads it.")
    var v6 = false

    @Flag(help: "Leave out the formats of events that do not occur.")
    var compact = false

    /// The names that trace-cmd's `--compression` has.
    enum Compression: String, ExpressibleByArgument { case none, zstd }

    @Option(help: "Compress the file, which then has version 7: none or zstd.")
    var compression = Compression.none

    @Option(
        help: ArgumentHelp(
            "Link the file to others by the options in this one, which trace-host record writes.",
            valueName: "file"))
    var timeLine: String?

    @Argument(help: "The trace header of the recorded machine.")
    var header: String

    @Argument(
        help: ArgumentHelp(
            "The streams of pages, one per CPU; /dev/null: a CPU that was not traced.", valueName: "cpu-file")
    )
    var streams: [String]

    package init() {}

    package func validate() throws {
        if output == "-" { throw ValidationError("-o: a trace.dat cannot be written to a pipe") }
        if ([header] + streams).contains("-") {
            throw ValidationError(
                "-: the header and the streams are regular files, because they are read more than once")
        }
        if v6, compression != .none { throw ValidationError("--v6: version 6 cannot be compressed") }
    }

    private var format: TraceFileFormat? {
        if v6 { return .version6 }
        return compression == .zstd ? .version7(.zstd) : nil
    }

    package func run() throws {
        SignalFD.ignoreFailedWrites()
        let log = Logger(label: ProgramName.own) { _ in StandardErrorLog(program: ProgramName.own) }
        do throws(Failure) {
            // A machine can have thousands of CPUs, and each has a stream.
            try wrappingSystemError(FileDescriptor.allowAsManyAsPossible)
            let order = StreamOrder(streams)
            let assembly = TraceAssembly(
                header: header, streams: order.streams, output: output, replaces: force, salvaging: salvage,
                isCompact: compact, format: format, linkedBy: try timeLine.map(TimeLineFile.read) ?? [])
            for line in try assembly.make(log) { print(line) }
            let cpus = (try? TraceHeader(opening: header))?.cpus ?? 0
            for note in order.notes + [order.note(ofMachineWith: cpus)].compactMap(\.self) {
                log.notice("\(note)")
            }
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
    }
}
