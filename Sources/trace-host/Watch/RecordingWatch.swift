import CommandSupport
import Reactor

/// Records a guest, and prints the events beside it, from the parts of the recording.
///
/// Two processes do that: `trace-host record`, which nothing holds up, and one that decodes and prints, which may be too
/// slow, or end. The recording's COMMAND is a program that ends when this process closes its standard input, or ends.
struct RecordingWatch {
    let guest: GuestPorts
    let output: String
    let duration: Interval?
    let timeout: Interval
    /// The arguments of the process that prints.
    let words: [String]

    private static let tick = Duration.milliseconds(50)
    private static let pipeSize = 64 << 10

    func run() throws(Failure) -> Int32 {
        let leftover = try RecordingFiles(output, replacing: false).leftover
        if !leftover.isEmpty {
            throw Failure(
                .usage,
                "files of an earlier recording are there: assemble or remove them: \(leftover.joined(separator: " "))"
            )
        }
        let signals = try wrappingSystemError(SignalFD.ofTerminal)
        let messages = try wrappingSystemError { () throws(SystemError) in try Pipe(size: Self.pipeSize) }
        let input = try makeInput()
        let recorder = try startRecorder(input, messages)
        var recorderInput: Pipe? = consume input
        var printerInput: Pipe? = try makeInput()
        var printer: PrinterProcess?
        var end: ContinuousClock.Instant?
        var isImpatient = false
        while true {
            _ = poll(signals.descriptor, or: messages.readEnd, timeout: Self.tick)
            // Before the messages are read: what it has said at its end is read, too.
            let hasEnded = recorder.status(within: .zero) != nil
            try pass(messages)
            while (try? signals.next()) ?? nil != nil {
                isImpatient = recorderInput == nil
                recorderInput = nil
            }
            if printer == nil, areThere, let printerInput {
                printer = try PrinterProcess(words + [output], input: printerInput.readEnd)
                end = duration.map { .now + $0.duration }
            }
            if printer?.hasEnded == true || end.map({ .now >= $0 }) == true { recorderInput = nil }
            if isImpatient { recorder.terminate() }
            if hasEnded { printerInput = nil }
            if hasEnded, isImpatient || printer?.hasEnded != false { break }
        }
        if let printer, !printer.hasEnded { printer.terminate() }
        if let status = recorder.status(within: .zero), status != 0 { return status }
        try printer?.check()
        return 0
    }

    private var areThere: Bool {
        PartsPrinter.areThere(output) && FileDescriptor.resolve("\(output).cpu0") != nil
    }

    /// A pipe whose reading end is for a program that does not expect `EAGAIN`.
    private func makeInput() throws(Failure) -> Pipe {
        try wrappingSystemError { () throws(SystemError) in
            let pipe = try Pipe(size: Self.pipeSize)
            try pipe.readEnd.setStatusFlags([])
            return pipe
        }
    }

    private func startRecorder(_ input: Pipe, _ messages: Pipe) throws(Failure) -> ChildProcess {
        let program = FileDescriptor.resolve("/proc/self/exe") ?? ProgramName.own
        return try wrappingSystemError { () throws(SystemError) in
            try ChildProcess(
                [program, "record"] + guest.place.words + [
                    "-o", output, "--timeout", "\(timeout)", "--", "cat",
                ],
                input: input.readEnd, output: messages.writeEnd)
        }
    }

    /// Passes on what the recorder says.
    private func pass(_ messages: Pipe) throws(Failure) {
        let text = try wrappingSystemError { () throws(SystemError) in try messages.readEnd.readSome(64 << 10)
        }
        if !text.isEmpty { StandardError.shared.write(String(decoding: text, as: UTF8.self)) }
    }
}
