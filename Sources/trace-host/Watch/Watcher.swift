import CommandSupport
import ControlProtocol
import Logging
import Reactor
import TraceFile

/// Prints the events of a guest as they come, and records nothing.
final class Watcher {
    private let guest: GuestPorts
    private let duration: Interval?
    private let timeout: Duration
    private let log: Logger
    private let link: GuestLink
    private let session: GuestSession
    private let loop: EventLoop
    private var isRecording = false
    /// The arguments of the process that prints.
    private let words: [String]

    /// An agent of the original kind never answers.
    private static let patience = Duration.seconds(5)
    /// Silence after which nothing more is expected.
    private static let silence = Duration.milliseconds(200)
    private static let pipeSize = 1 << 20

    /// - Parameters:
    ///   - duration: `nil`: until a signal comes.
    ///   - timeout: The longest time to wait for an answer.
    ///   - words: The arguments of the process that prints, without the CPUs.
    init(
        _ guest: GuestPorts, for duration: Interval?, timeout: Interval, printing words: [String],
        _ log: Logger
    ) throws(Failure) {
        (self.guest, self.duration, self.timeout) = (guest, duration, timeout.duration)
        self.words = words
        self.log = log
        link = try GuestLink(guest, within: timeout)
        session = GuestSession(link, log)
        loop = try EventLoop([link], nil)
    }

    func run() throws(Failure) {
        guard var before = try answer(to: .status, within: Self.patience)?.report else {
            throw Failure(
                .tryAgain, "the agent does not answer: trace-host check \(guest.name)")
        }
        let (header, layout) = try header()
        try wrappingSystemError(loop.watchStreams)
        // After a stop the stream goes on with a whole page, whoever has read it before.
        if before.state != .stopped {
            log.notice("the agent streams already: it starts anew, and what lies in the ports is dropped")
            before = try answer(to: .stop)?.report ?? before
        }
        try dropLeftovers()
        let pipe = try wrappingSystemError { () throws(SystemError) in try Pipe(size: Self.pipeSize) }
        let cpus = CPUList(link.streams.cpus).description
        let printer = try PrinterProcess(words + ["--cpus", cpus], input: pipe.readEnd)
        let feed = PageFeed(header, pageSize: layout.pageSize, to: pipe)
        link.streams.read { cpu, bytes in feed.add(bytes, cpu: cpu) }
        let arrivedBefore = link.streams.arrived
        do throws(Failure) {
            try watch(feed, printer)
            try stop(before, arrivedBefore, feed)
        } catch {
            printer.terminate()
            throw error
        }
        _ = try loop.serve { [loop] in feed.finish() || printer.hasEnded || loop.isImpatient }
        link.streams.read { _, _ in }
        try finish(printer, consume feed, consume pipe)
    }

    /// Serves everything until `isOver`, at most for `limit`.
    ///
    /// - Throws: If a signal ends the program.
    private func serve(
        within limit: Duration = .seconds(1 << 40), until isOver: () -> Bool
    ) throws(Failure) {
        let isEnded = { [self] in loop.isImpatient || (loop.signal != nil && !isRecording) }
        _ = try loop.serve(within: limit) { isOver() || isEnded() }
        if isEnded() {
            throw Failure(
                .tryAgain,
                "ended by a signal; the agent may go on streaming: trace-host stop \(guest.name)")
        }
    }

    /// Gives an order, and waits for its answer; `nil` if none comes.
    private func answer(to word: OrderWord, within limit: Duration? = nil) throws(Failure) -> Answer? {
        try session.order(word)
        try wait(for: "the answer to \(word.rawValue)", within: min(limit ?? timeout, timeout)) { [session] in
            session.isAnswered
        }
        return try session.answer()
    }

    /// Serves everything until `isOver`, and says for what if that takes longer.
    private func wait(
        for what: String, within limit: Duration, until isOver: () -> Bool
    ) throws(Failure) {
        let unannounced = min(.seconds(1), limit)
        try serve(within: unannounced, until: isOver)
        if isOver() || limit == unannounced { return }
        log.info("waiting for \(what) of \(guest.name), at most \(limit)")
        try serve(within: limit - unannounced, until: isOver)
    }

    /// The trace header of the guest, and the layout of its pages.
    private func header() throws(Failure) -> ([UInt8], PageLayout) {
        let memory = try wrappingSystemError { () throws(SystemError) in
            NamedFile(try .inMemory("header"), name: "the trace header")
        }
        try session.order(.metadata)
        try wait(for: "the trace header", within: timeout) { [session] in session.isAnswered }
        try session.beginHeader(into: memory)
        try wait(for: "the trace header", within: timeout) { [session] in session.isHeaderOver }
        guard try session.endHeader() else {
            throw Failure(
                .unavailable, "the agent sends no trace header, without which no event can be decoded")
        }
        let bytes = try wrappingSystemError { () throws(SystemError) in
            try memory.descriptor.read(try memory.descriptor.size(), at: 0)
        }
        do throws(TraceFileError) {
            let copy = try wrapped { () throws(SystemError) in try memory.descriptor.duplicate() }
            return (bytes, try TraceHeader(copy, name: memory.name).layout)
        } catch {
            throw Failure(.dataError, "\(error)")
        }
    }

    private func wrapped(
        _ body: () throws(SystemError) -> FileDescriptor
    ) throws(TraceFileError) -> FileDescriptor {
        do throws(SystemError) { return try body() } catch { throw .system(file: "the trace header", error) }
    }

    /// Drops what an earlier recording has left in the ports.
    private func dropLeftovers() throws(Failure) {
        let begun = ContinuousClock.now
        try serve(within: Self.patience) { [link] in
            ContinuousClock.now - max(begun, link.streams.lastArrival) > Self.silence
        }
    }

    /// Until the duration is over, a signal comes, the guest goes, or nobody reads what is printed.
    private func watch(_ feed: PageFeed, _ printer: PrinterProcess) throws(Failure) {
        guard let answer = try answer(to: .start) else {
            throw Failure(
                .tryAgain, "the agent does not answer the start: trace-host check \(guest.name)")
        }
        if let error = answer.error { throw Failure(.unavailable, error) }
        for warning in answer.report.warnings { log.warning("\(warning)") }
        isRecording = true
        let end = duration.map { ContinuousClock.now + $0.duration }
        try serve { [loop] in
            feed.write()
            if let end, .now >= end { return true }
            return loop.signal != nil || link.streams.hasEnded || printer.hasEnded
        }
        if link.streams.hasEnded { log.warning("the guest has gone") }
    }

    /// Stops the agent, and takes what it has sent.
    private func stop(_ before: Report, _ arrivedBefore: [Int: Int], _ feed: PageFeed) throws(Failure) {
        if link.streams.hasEnded || link.agentHasGone { return }
        let after = try answer(to: .stop)?.report
        if after == nil { log.warning("the agent does not answer the stop: it may go on streaming") }
        let account = { [link] in
            RecordingAccount(
                before: before, after: after,
                received: link.streams.arrived
                    .merging(arrivedBefore) { now, then in now - then })
        }
        let begun = ContinuousClock.now
        try serve(within: Self.patience) { [link] in
            feed.write()
            let quiet = ContinuousClock.now - max(begun, link.streams.lastArrival)
            return account().outstanding == 0 && quiet > Self.silence
        }
        for problem in account().problems { log.warning("\(problem)") }
    }

    /// Lets the printing end, which a terminal that stands still may keep from it.
    private func finish(
        _ printer: PrinterProcess, _ feed: consuming PageFeed?, _ pipe: consuming Pipe?
    ) throws(Failure) {
        feed = nil
        pipe = nil
        _ = try loop.serve { [loop] in printer.hasEnded || loop.isImpatient }
        if !printer.hasEnded { printer.terminate() }
        try printer.check()
    }
}
