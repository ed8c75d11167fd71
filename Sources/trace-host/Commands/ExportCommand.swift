import ArgumentParser
import CommandSupport
import Logging
import Reactor
import TraceFile

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Converts a trace.dat for another viewer.",
        discussion: """
            --perfetto-text writes the text of ftrace, which ui.perfetto.dev opens. It shows some events only, such as \
            sched_switch, sched_waking, cpu_frequency and workqueue_execute_start, and counts the others.
            """)

    @Flag(help: "Write text for ui.perfetto.dev.")
    var perfettoText = false

    @Argument(help: "The trace.dat.")
    var file: String

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Where it is written; -: standard output.", valueName: "file"))
    var output = "-"

    @Flag(help: "Replace the file to write, if there is one.")
    var force = false

    func validate() throws {
        if !perfettoText { throw ValidationError("say for which viewer: --perfetto-text") }
    }

    func run() throws {
        SignalFD.ignoreFailedWrites()
        let log = Logger(label: ProgramName.own) { _ in StandardErrorLog(program: ProgramName.own) }
        do throws(Failure) {
            try export(log)
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
    }

    private func export(_ log: Logger) throws(Failure) {
        let source = try FilePrinter(file)
        for name in source.otherBuffers { log.warning("the trace buffer \(name) in the file is left out") }
        // As trace-cmd report -N: a plug-in has another text of sched_switch, which Perfetto cannot read.
        let options = PrintOptions(form: .perfetto, usesPlugins: false)
        guard output != "-" else {
            let printer = try source.run(options, to: EventOutput(FileDescriptor(owning: 1)))
            for warning in printer.warnings { log.warning("\(warning)") }
            return
        }
        let target = try explaining { () throws(TraceFileError) in try NewFile(at: output, replacing: force) }
        let copy = try wrappingSystemError { () throws(SystemError) in
            try target.content.descriptor.duplicate()
        }
        let printer = try source.run(options, to: EventOutput(copy))
        for warning in printer.warnings { log.warning("\(warning)") }
        try explaining(target.replaceTarget)
    }

    private func explaining<Value>(_ body: () throws(TraceFileError) -> Value) throws(Failure) -> Value {
        do throws(TraceFileError) {
            return try body()
        } catch .exists(let file) {
            throw Failure(.usage, "\(TraceFileError.exists(file: file))")
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
    }
}
