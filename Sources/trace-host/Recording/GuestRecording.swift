import CommandSupport
import ControlProtocol
import Logging
import Reactor
import TraceFile

/// The recording of one guest among those that are recorded together: what is known of it, and what each step does with it.
final class GuestRecording {
    let link: GuestLink
    let session: GuestSession
    let files: RecordingFiles
    let log: Logger
    /// A header of the same kernel, for an agent that sends none.
    let givenHeader: String?
    private(set) var counts = GuestCounts()
    private(set) var poll = StatusPoll()
    /// When the agent was told to start, and to stop.
    private var begun: (start: ContinuousClock.Instant?, stop: ContinuousClock.Instant) = (nil, .now)
    let parts: GuestParts
    let setup: GuestSetup
    /// `nil` if the guest's trace clock cannot be read.
    private(set) var timeLine: TimeLine?
    private let ports: GuestPorts
    /// Why the recording has ended early, with what came.
    private(set) var trouble: Failure?
    /// Why it could not be carried on.
    private(set) var failure: Failure?

    /// Opens all ports.
    init(_ target: RecordingTarget, _ options: RecordingOptions, _ log: Logger) throws(Failure) {
        ports = target.ports
        link = try GuestLink(ports, within: options.timeout)
        self.log = log
        givenHeader = options.header
        session = GuestSession(link, log)
        setup = GuestSetup(options.setup, session, log)
        files = try RecordingFiles(
            target.output, isDivided: options.limits != nil, replacing: options.replaces)
        parts = try GuestParts(files, options.limits, log)
        if !files.leftover.isEmpty {
            log.warning(
                "files of an earlier recording are left as they are: \(files.leftover.joined(separator: " "))"
            )
        }
    }

    var name: String { link.name }
    var bytes: Int { link.streams.bytes }
    var answersWords: Bool { counts.before != nil }
    var isContinued: Bool { counts.isContinued }
    var isStarted: Bool { begun.start != nil }
    /// Whether nothing more comes from this guest.
    var isOver: Bool { failure != nil || trouble != nil || link.streams.hasEnded }
    var hasFullDisk: Bool { link.fileError != nil || trouble?.status == .outputFailed }

    func fail(_ error: Failure) { failure = failure ?? error }
    func note(_ trouble: Failure) { self.trouble = self.trouble ?? trouble }

    // MARK: Before the start

    /// The agent has had time to answer `status`.
    func noteFirstStatus() throws(Failure) {
        if let answer = try session.answer() {
            counts.begin(answer.report)
        } else if !link.agentHasGone {
            log.warning(
                "the agent does not answer: it does not run, or is of the original kind; it gets digits, and no counts are known"
            )
        }
    }

    func isToBeStoppedFirst(forFlight: Bool) -> Bool {
        // A set-up is for an agent that is stopped.
        counts.isToBeStoppedFirst(forFlight: forFlight || setup.isAskedFor)
    }

    /// The agent has been stopped before the recording.
    func noteEarlyStop() throws(Failure) {
        if isContinued { log.notice("the agent was streaming: it is stopped, its ring buffers record on") }
        counts.noteEarlyStop(try session.answer()?.report)
    }

    /// Lets what comes from now on go to files.
    func makeFiles() throws(Failure) {
        if isContinued {
            log.notice("the agent streams already: the recording begins with what lies in the ports")
        }
        try files.make(upTo: link.streams.lastCPU)
        link.streams.write(to: files)
    }

    func noteDropped() {
        let dropped = link.streams.dropped
        if dropped > 0 {
            log.notice("\(dropped) bytes of an earlier recording, which lay in the ports, are dropped")
        }
    }

    /// The header has had time to come.
    func noteFirstHeader() throws(Failure) {
        if try session.endHeader() { parts.noteFirstHeader() }
    }

    func beginSetup() throws(Failure) { try setup.begin(counts.before) }
    func noteSetup() throws(Failure) { counts.noteSetup(try setup.noteBegin()) }

    /// Puts the guest on one time line with its host, if its clock can be read.
    func beginTimeLine(_ host: HostTimeLine) throws(Failure) {
        timeLine = try TimeLine(host, link, session, counts.before, ports, log)
    }

    // MARK: Start and stop

    func begin() {
        poll.begin(counts.before)
        log.info("recording \(name); if this program is killed: \(files.command)")
    }

    func start() throws(Failure) {
        begun.start = .now
        if answersWords { try session.order(.start) } else { try session.digit("1") }
    }

    /// The agent has had time to answer the start.
    func noteStart() throws(Failure) {
        parts.begin()
        guard answersWords else { return }
        guard let answer = try session.answer() else {
            throw Failure(.tryAgain, "the agent does not answer the start: trace-host check \(name)")
        }
        if let error = answer.error { throw Failure(.unavailable, error) }
        for warning in answer.report.warnings { log.warning("\(warning)") }
    }

    /// Orders a stop; of an agent that was not started, what its ring buffers hold.
    func stop() throws(Failure) {
        begun.stop = .now
        if answersWords { try session.order(isStarted ? .stop : .dump) } else { try session.digit("0") }
    }

    /// The agent has had time to answer the stop.
    func noteStop() throws(Failure) {
        guard answersWords else { return }
        if let answer = try session.answer() {
            counts.end(answer.report)
            if let error = answer.error { note(Failure(.unavailable, error)) }
        } else if !link.streams.hasEnded {
            note(Failure(.tryAgain, "the agent does not answer the stop: it may go on streaming"))
        }
    }

    func isDelivered(isSeam: Bool) -> Bool {
        link.streams.hasEnded || link.fileError != nil
            || counts.isDelivered(link.streams, since: begun.stop, isSeam: isSeam)
    }

    func noteFullDisk() {
        guard !hasFullDisk, !files.haveRoomForOutput() else { return }
        note(
            Failure(
                .outputFailed,
                "the disk is full: the recording has ended early, what came is in \(files.output)"))
    }

    var account: RecordingAccount { counts.account(link.streams) }

    // MARK: Parts

    /// Whether it is time for another part.
    func isPartOver() -> Bool { !isOver && parts.isOver(bytes: bytes) }

    /// Lets what comes from now on go to another part's files.
    func beginNextPart() throws(Failure) {
        warn(account)
        let excess = counts.excess(link.streams)
        let finished = try files.beginNext(pageSize: counts.after?.pageSize, excess: excess)
        link.streams.write(to: files)
        counts.beginNextPart()
        let header = answersWords ? files.header : givenHeader
        let links = timeLine?.links(header.flatMap { try? TraceHeader(opening: $0) }) ?? []
        parts.end(finished, excess, header: header, linkedBy: links)
    }

    /// The header of the part before has had time to come.
    func noteHeaderOfPart() throws(Failure) { parts.assemble(hasHeader: try session.endHeader()) }

    /// Makes the part before without a header of its own, if none has come.
    func assemblePart() {
        parts.assemble(hasHeader: false)
        if let failure = parts.failure { note(failure) }
    }

    var headerOfPart: String { parts.header }

    func warn(_ account: RecordingAccount) {
        for problem in account.problems { log.warning("\(problem)") }
        if !files.isFirstPart, account.overwritten > 0 {
            log.warning("the kernel overwrote \(account.overwritten) events between two parts")
        }
    }

    // MARK: The end

    /// Whether the agent can be reached, to be stopped; otherwise why it cannot is noted.
    func isToBeStopped() -> Bool {
        if failure != nil { return false }
        if link.streams.hasEnded {
            note(Failure(.unavailable, "the guest has gone: what came is kept"))
        } else if link.agentHasGone {
            note(Failure(.unavailable, "QEMU has hung up: the agent may go on streaming"))
        } else {
            return true
        }
        return false
    }

    func checkFiles() throws(Failure) {
        guard let error = link.fileError else { return }
        throw Failure(.outputFailed, "cannot write the recorded data: \(error.code)")
    }

    func noteLastHeader() throws(Failure) { if try session.endHeader() { parts.noteLastHeader() } }

    /// Looks at the disk, takes the last answer, and asks the agent now and then what it does, and for its time.
    func enquire(statusEvery period: Duration) {
        noteFullDisk()
        if answersWords, !isOver { poll.enquire(session, timeLine?.pinger, statusEvery: period) }
    }

    /// How it goes on, for people.
    var progress: String {
        let state = link.streams.hasEnded ? "gone" : isOver ? "ended" : isStarted ? "recording" : "armed"
        return "\(state)\(poll.text)"
    }
}
