import ArgumentParser
import CommandSupport
import Glibc
import Logging
import Reactor

/// The process that decodes and prints for `watch`.
struct PrintCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "print", abstract: "Prints what trace-host watch hands over.", shouldDisplay: false)

    enum Input: String, ExpressibleByArgument { case pages, parts }

    @Argument(
        help: "Whether pages come at standard input, or the parts of a recording are read until it ends.")
    var input: Input

    @OptionGroup var printed: PrintedEvents

    @Option(help: "The CPUs that pages come from.")
    var cpus: CPUList?

    @Argument(help: "The recording.")
    var recording: String?

    /// Bytes of a CPU.
    private static let mostBehind = 8 << 20

    func run() throws {
        SignalFD.ignoreFailedWrites()
        // Ctrl-C is for the process that hands over: this one prints what has come, and ends with its input.
        _ = try SignalFD([SIGINT, SIGHUP, SIGQUIT])
        let log = Logger(label: ProgramName.own) { _ in StandardErrorLog(program: ProgramName.own) }
        do throws(Failure) {
            try wrappingSystemError(FileDescriptor.allowAsManyAsPossible)
            for warning in try print()?.warnings ?? [] { log.warning("\(warning)") }
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
    }

    private func print() throws(Failure) -> EventPrinter? {
        let output = EventOutput(FileDescriptor(owning: 1))
        switch input {
        case .pages:
            var printer = FramePrinter()
            return try printer.run(cpus: cpus?.cpus ?? [], printed.options, to: output)
        case .parts:
            let input = FileDescriptor(owning: 0)
            return try PartsPrinter(recording ?? "", mostBehind: Self.mostBehind)
                .run(printed.options, to: output) { poll(input, or: input, timeout: $0) != .neither }
        }
    }
}
