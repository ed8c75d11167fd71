import ArgumentParser
import CommandSupport
import Logging
import Reactor

struct WatchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Prints the events of a guest as they come, or those of a file.",
        discussion: """
            The events of all CPUs are printed in the order of time, as trace-cmd report prints them. Of a recording that \
            goes on, the parts FILE.head and FILE.cpuN are printed as they grow. Where events come faster than they can be \
            printed, pages are left out, which is said in their place; what -o records lacks nothing.
            """)

    @OptionGroup var guest: GuestSelection

    @OptionGroup var printed: PrintedEvents

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Record the guest into this file, too.", valueName: "file"))
    var output: String?

    @Option(help: ArgumentHelp("End after this time.", valueName: "time"))
    var duration: Interval?

    @Option(help: ArgumentHelp("Longest time to wait for an answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 30_000)

    func run() throws {
        SignalFD.ignoreFailedWrites()
        let log = Logger(label: ProgramName.own) { _ in StandardErrorLog(program: ProgramName.own) }
        do throws(Failure) {
            try wrappingSystemError(FileDescriptor.allowAsManyAsPossible)
            let status = try watch(log)
            if status != 0 {
                throw Failure(ExitStatus(rawValue: status) ?? .operatingSystem, "the recording failed")
            }
        } catch {
            log.error("\(error)")
            throw ExitCode(error.status.rawValue)
        }
    }

    private func watch(_ log: Logger) throws(Failure) -> Int32 {
        if let file = guest.folder, (try? FileDescriptor.Kind(of: file)) != .directory {
            if output != nil { throw Failure(.usage, "-o: \(file) is no guest") }
            try watch(file, log)
            return 0
        }
        if let output {
            return try RecordingWatch(
                guest: guest.ports(), output: output, duration: duration, timeout: timeout,
                words: ["print", "parts"] + printed.words
            ).run()
        }
        try Watcher(
            guest.ports(), for: duration, timeout: timeout, printing: ["print", "pages"] + printed.words, log
        ).run()
        return 0
    }

    private func watch(_ file: String, _ log: Logger) throws(Failure) {
        let signals = try wrappingSystemError(SignalFD.ofTerminal)
        let end = duration.map { ContinuousClock.now + $0.duration }
        let isOver = { (wait: Duration) in
            poll(signals.descriptor, for: .readable, timeout: wait) || end.map { .now >= $0 } == true
        }
        let output = EventOutput(FileDescriptor(owning: 1))
        let printer: EventPrinter
        if PartsPrinter.areThere(file) {
            log.notice("\(file) is being recorded: its parts are printed as they grow")
            printer = try PartsPrinter(file, mostBehind: nil).run(
                printed.options, to: output, isOver: isOver)
        } else {
            let recorded = try FilePrinter(file)
            for name in recorded.otherBuffers {
                log.warning("the trace buffer \(name) in the file is not printed")
            }
            printer = try recorded.run(printed.options, to: output) { isOver(.zero) }
        }
        for warning in printer.warnings { log.warning("\(warning)") }
    }
}
