import CommandSupport
import ControlProtocol
import Logging
import Reactor
import TraceFile

/// One recording of a guest, step by step, while the loop serves its streams.
final class Recorder {
    private let options: RecordingOptions
    private let log: Logger
    private let files: RecordingFiles
    private let session: GuestSession
    private var loop: EventLoop { session.loop }
    /// What the agent had counted when the recording began; `nil` if it does not answer.
    private var before: Report?
    private var after: Report?
    /// Events that had been read from each CPU's ring buffer; `nil` if unknown.
    private var readBefore: [Int]?
    /// Whether the agent was streaming already.
    private var isContinued = false
    /// Why the recording has ended early.
    private var trouble: Failure?
    /// Whether what came would not fit on the disk once more.
    private var isDiskFull = false
    private var timeLine: TimeLine?
    /// Whether the header is of the end of the recording.
    private var hasLastHeader = false

    /// An agent of the original kind never answers: more patience than this would only be a longer wait.
    private static let patience = Duration.seconds(5)
    /// Silence after which nothing more is expected: where a count tells what has to come, and where none does.
    private static let shortSilence = Duration.milliseconds(200)
    private static let longSilence = Duration.seconds(1)
    /// How long bytes that the agent has sent may take.
    private static let deliveryPatience = Duration.seconds(5)

    init(_ options: RecordingOptions, _ log: Logger) throws(Failure) {
        self.options = options
        self.log = log
        files = try RecordingFiles(options.output)
        session = try GuestSession(options, log)
        if !files.leftover.isEmpty {
            log.warning(
                "parts of an earlier recording are left as they are: \(files.leftover.joined(separator: " "))"
            )
        }
    }

    /// Records.
    ///
    /// - Returns: The exit code of COMMAND, or 0.
    func run() throws(Failure) -> Int32 {
        do throws(Failure) {
            try prepare()
            try begin()
            try record()
            try end()
            try assemble()
        } catch {
            loop.terminateCommand()
            if let trouble { log.warning("\(trouble)") }
            guard files.bytes > 0 else {
                files.remove()
                throw error
            }
            throw Failure(error.status, "\(error); the recorded data is kept: \(files.command)")
        }
        let status = loop.commandStatus ?? 0
        if let trouble {
            if status == 0 { throw trouble }
            log.warning("\(trouble)")
        }
        return status
    }

    /// Learns what the agent has counted so far, drops what an earlier recording has left, and gets a trace header.
    private func prepare() throws(Failure) {
        if let answer = try session.order(.status, within: Self.patience) {
            before = answer.report
            isContinued = answer.report.state == .streaming
        } else if !loop.agentHasGone {
            log.warning(
                "the agent does not answer: it does not run, or is of the original kind; it gets digits, and no counts are known"
            )
        }
        if isContinued {
            log.notice("the agent streams already: the recording begins with what lies in the ports")
            try makeFiles()
        }
        try wrappingSystemError(loop.watchStreams)
        // Pages of a stop that is under way are not this recording's.
        if before?.state == .flushing { before = try session.order(.stop)?.report }
        if !isContinued { try dropLeftovers() }
        guard before != nil else { return }
        guard try session.receiveHeader(to: files.header) else { return }
        let header = try? TraceHeader(opening: files.header)
        readBefore = header?.readByCPU
    }

    /// Drops what an earlier recording has left in the ports.
    ///
    /// What comes later than the silence is cut off at the end.
    private func dropLeftovers() throws(Failure) {
        let begun = ContinuousClock.now
        try session.serve(within: Self.deliveryPatience) { [loop] in
            ContinuousClock.now - max(begun, loop.streams.lastArrival) > Self.shortSilence
        }
        let dropped = loop.streams.dropped
        if dropped > 0 {
            log.notice("\(dropped) bytes of an earlier recording, which lay in the ports, are dropped")
        }
    }

    private func makeFiles() throws(Failure) {
        try files.make(upTo: loop.streams.lastCPU)
        loop.streams.write(to: files)
    }

    private func begin() throws(Failure) {
        if !isContinued { try makeFiles() }
        timeLine = try TimeLine(options.timeLine, session, before, options.folder, log)
        log.info("recording \(options.folder); if this program is killed: \(files.command)")
        if before == nil {
            try session.digit("1")
        } else if let answer = try session.order(.start) {
            if let error = answer.error { throw Failure(.unavailable, error) }
            for warning in answer.report.warnings { log.warning("\(warning)") }
        } else {
            throw Failure(
                .tryAgain, "the agent does not answer the start: trace-host check \(options.folder)")
        }
        session.isRecording = true
        guard !options.command.isEmpty else { return }
        do throws(SystemError) {
            try loop.run(options.command)
        } catch {
            trouble = Failure(.usage, "cannot run \(options.command[0]): \(error.code)")
        }
    }

    /// Until the duration is over, COMMAND ends, a signal comes, the guest goes, or the disk is full.
    private func record() throws(Failure) {
        let progress = RecordingProgress(options.folder)
        let end = options.duration.map { ContinuousClock.now + $0.duration }
        defer { progress.clear() }
        try session.serve { [self] in
            progress.show(loop.streams.bytes)
            timeLine?.tick()
            if let end, .now >= end { return true }
            noteFullDisk()
            return trouble != nil || loop.signal != nil || loop.commandHasEnded || loop.streams.hasEnded
                || loop.fileError != nil
        }
        if loop.streams.hasEnded { trouble = Failure(.unavailable, "the guest has gone: what came is kept") }
        guard loop.isCommandRunning else { return }
        loop.terminateCommand()
        try session.serve(within: Self.deliveryPatience) { [loop] in !loop.isCommandRunning }
    }

    private func noteFullDisk() {
        guard loop.fileError == nil, !isDiskFull, !files.haveRoomForOutput() else { return }
        isDiskFull = true
        trouble =
            trouble
            ?? Failure(
                .outputFailed,
                "the disk is full: the recording has ended early, what came is in \(options.output)")
    }

    /// Stops the agent, and waits for what it has sent.
    private func end() throws(Failure) {
        if loop.streams.hasEnded { return }
        if loop.agentHasGone {
            trouble = trouble ?? Failure(.unavailable, "QEMU has hung up: the agent may go on streaming")
            return
        }
        if before == nil {
            try session.digit("0")
        } else if let answer = try session.order(.stop) {
            after = answer.report
        } else {
            trouble =
                trouble ?? Failure(.tryAgain, "the agent does not answer the stop: it may go on streaming")
        }
        let silence = after == nil ? Self.longSilence : Self.shortSilence
        let begun = ContinuousClock.now
        try session.serve { [self] in
            let quiet = ContinuousClock.now - max(begun, loop.streams.lastArrival)
            let isOutstanding = account.outstanding > 0
            noteFullDisk()
            // What goes on coming although nothing is outstanding is another's recording.
            return quiet > (isOutstanding ? Self.deliveryPatience : silence) || loop.fileError != nil
                || isDiskFull || !isOutstanding && ContinuousClock.now - begun > Self.deliveryPatience
        }
        if let error = loop.fileError {
            throw Failure(.outputFailed, "cannot write the recorded data: \(error.code)")
        }
        if before != nil, !loop.agentHasGone {
            try timeLine?.pingOften()
            hasLastHeader = try session.receiveHeader(to: files.header)
        }
    }

    private var account: RecordingAccount {
        RecordingAccount(before: before, after: after, received: loop.streams.received)
    }

    private func assemble() throws(Failure) {
        let account = account
        for line in account.lines { print(line) }
        for problem in account.problems { log.warning("\(problem)") }
        let header = before == nil ? options.header : files.header
        guard let header else {
            throw Failure(
                .unavailable,
                "no trace header: an agent of the original kind has none, \(options.output) is not made; give one of the same kernel (--header), from trace-agent metadata in the guest"
            )
        }
        do throws(TraceFileError) {
            for cpu in loop.streams.cpus {
                let excess = account.excess(cpu: cpu, isContinued: isContinued)
                if excess > 0 { try files.stream(cpu: cpu).dropFirst(excess) }
            }
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
        // A header that cannot be read fails the assembly, with the reason.
        let lastHeader = try? TraceHeader(opening: header)
        let readNow = hasLastHeader ? lastHeader?.readByCPU : nil
        let assembly = TraceAssembly(
            header: header, streams: files.pathsToAssemble, output: options.output,
            eventsRead: readBefore.flatMap { before in readNow.map { eventsRead(between: before, and: $0) } },
            linkedBy: timeLine?.end(lastHeader) ?? [])
        trouble = trouble ?? timeLine?.failure
        for line in try assembly.make(log, isCancelled: loop.hasNewSignal) { print(line) }
        do throws(SystemError) {
            try FileDescriptor.open(options.output, .readOnly).sync()
        } catch {
            throw Failure(.outputFailed, "cannot write \(options.output): \(error.code)")
        }
        files.remove()
    }
}
