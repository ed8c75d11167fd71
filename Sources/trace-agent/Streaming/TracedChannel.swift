import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// One CPU's channel as the reactor thread sees it; every change of its state is here.
///
/// At most one job is in flight: the channel is then `draining`, and belongs to its worker.
struct TracedChannel {
    private let index: Int
    private let worker: Worker
    private var state = ChannelState.idle
    /// The number under which the reactor watches the sink; `nil` if epoll does not take it.
    private var sinkToken: Int?
    private var losses: LossCount
    /// Events in the ring buffer when its counters were last read.
    private var unread = 0
    /// Whether the last job found nothing in a ring buffer that was reported as readable.
    private var wasIdle = false
    /// Whether the flush timer fired, or a stop was ordered, while the worker had a job.
    private var flushIsDue = false
    /// The count of pages at which a stop's flush ends.
    private var flushEnd = 0
    /// Whether no host is connected to the port.
    private var portIsAway = false
    /// Whether the ring buffer could not be read the last time.
    private var isUnreadable = false
    private var complaints = Complaints()
    private var beat = WorkerBeat()

    /// Starts the channel's worker, and watches the channel's descriptors under `index`.
    ///
    /// - Parameter first: The first channel with the same sink, under whose number the sink is watched.
    init(
        _ channel: Channel, index: Int, sharingSinkOf first: TracedChannel?, _ reactor: inout AgentReactor
    ) throws(SystemError) {
        losses = LossCount(from: try channel.ring.stats())
        worker = try Worker(channel)
        self.index = index
        if let first {
            sinkToken = first.sinkToken
        } else {
            sinkToken = try reactor.watch(channel.sink.descriptor, for: .once, as: .sink(index)) ? index : nil
        }
        try reactor.watch(channel.readiness.descriptor, for: .readable, as: .jobResult(index))
        // Last: the ring buffer stays open if this fails, and epoll would keep its watch.
        try reactor.watch(channel.ring.descriptor, for: .once, as: .ring(index))
    }

    private var channel: Channel { worker.channel }
    var cpu: Int { channel.cpu }
    var sink: Sink { channel.sink }
    var isIdle: Bool { state == .idle }
    var isPortGone: Bool { state == .portGone }
    var isDraining: Bool { if case .draining = state { true } else { false } }
    /// Whether a stop has nothing to wait for: everything is sent, or cannot be.
    var isFlushed: Bool { state == .idle || state == .portGone }
    var isComplete: Bool { state == .idle && channel.pendingBytes == 0 && !isUnreadable }

    func ringSize() throws(SystemError) -> Int { try channel.ring.size() }

    /// Reads the kernel's counters, and adds up what was lost since the last time.
    mutating func readStats(streaming: Bool) throws(SystemError) {
        let stats = try channel.ring.stats()
        losses.add(stats, streaming: streaming)
        unread = stats.unread
    }

    /// What has been counted; the kernel's part is as old as the last `readStats`.
    var report: CPUReport {
        let counts = Counts(of: channel, losses, unread: unread)
        return CPUReport(cpu: cpu, state: state.reported(isUnreadable: isUnreadable), counts: counts)
    }

    /// Begins to stream what the ring buffer holds, by the counters that were just read, and what comes.
    mutating func start(_ reactor: inout AgentReactor) throws(SystemError) {
        (wasIdle, flushIsDue) = (false, isDraining)
        switch state {
        case .draining, .portGone: break
        default:
            if unread > 0 || channel.pendingBytes > 0 {
                dispatch(.flush(pages: try channel.pagesInRing()))
            } else {
                try waitForData(&reactor)
            }
        }
    }

    /// Begins to send what was recorded until now; a second stop moves that boundary.
    ///
    /// An idle CPU is woken too: that saves a read of its counters.
    mutating func stop() throws(SystemError) {
        // A batch that is on its way is not counted yet.
        let capacity = try channel.pagesInRing() + channel.pagesPerSplice
        flushEnd = channel.counters.pages.now + capacity
        switch state {
        case .draining:
            flushIsDue = true
            interrupt()
        case .waitingForData, .ringGone, .idle: dispatch(.flush(pages: capacity))
        case .waitingForPort, .portGone: break
        }
    }

    /// Asks a worker that has a job to hand the channel back.
    func interrupt() { if isDraining { channel.mailbox.post(Job.interrupt.word) } }

    /// The stop is over time: a channel that waits for its port is left as it is.
    mutating func giveUp() {
        interrupt()
        if state == .waitingForPort { state = .idle }
    }

    mutating func ringIsReadable() { if state == .waitingForData { dispatch(.drain) } }

    /// The flush timer fired: what has waited in the ring buffer since the last time is sent, a partial page too.
    ///
    /// A CPU with nothing new is not woken.
    mutating func flushIfAnythingWaits() throws(SystemError) {
        switch state {
        case .draining: flushIsDue = true
        case .waitingForData, .ringGone:
            try readStats(streaming: true)
            if unread > 0 { try flush(in: .streaming) }
        default: break
        }
    }

    /// Reads how the worker's job ended, and logs what is wrong.
    ///
    /// - Returns: `nil` if no job has ended.
    mutating func receiveResult(usesPorts: Bool, _ log: inout LimitedLog) -> JobResult? {
        guard let word = channel.readiness.receive(), let result = JobResult(word: word), isDraining else {
            return nil
        }
        complaints.logZeroSplices(of: channel, &log)
        isUnreadable = false
        switch result {
        // A CPU that was never online has no ring buffer to read.
        case .ringFailed(.noDevice): break
        case .ringFailed(let code):
            isUnreadable = true
            complaints.log("CPU \(cpu): cannot read its ring buffer: \(code)", of: channel, &log)
        case .sinkFailed(let code) where usesPorts:
            complaints.log("cannot write to \(sink.name): \(code)", of: channel, &log)
        case .dry, .spent, .blocked: complaints.forget()
        case .idle, .interrupted, .sinkFailed: break
        }
        return result
    }

    /// Goes on after a job that has ended.
    mutating func proceed(
        after result: JobResult, in phase: Phase, _ reactor: inout AgentReactor
    ) throws(SystemError) {
        guard case .draining(let job) = state else { return }
        let next = NextStep(after: result, of: job, in: phase, wasIdle: wasIdle, flushIsDue: flushIsDue)
        wasIdle = result == .idle && job == .drain
        switch next {
        case .rest: state = .idle
        case .waitForData: try waitForData(&reactor)
        case .waitForPort: try waitForPort(&reactor)
        case .retryPort: state = .waitingForPort
        case .drain: dispatch(.drain)
        case .flush: try flush(in: phase)
        case .giveUpRing: state = .ringGone
        case .giveUpPort: state = .portGone
        }
    }

    /// The sink accepts data again, or the retry timer tries it.
    mutating func resumeIfBlocked(in phase: Phase) throws(SystemError) {
        guard state == .waitingForPort else { return }
        if case .flushing = phase { try flush(in: phase) } else { dispatch(.drain) }
    }

    /// The port that had gone is open again; the channel goes on with what it has.
    mutating func portIsBack(in phase: Phase, _ reactor: inout AgentReactor) throws(SystemError) {
        sinkToken = try reactor.watch(sink.descriptor, for: .once, as: .sink(index)) ? index : nil
        switch phase {
        case .stopped: state = .idle
        case .streaming: dispatch(.drain)
        case .flushing: try flush(in: phase)
        }
    }

    /// Logs why the port that has gone cannot be opened again, once.
    mutating func portStaysGone(_ reason: Failure, _ log: inout LimitedLog) {
        complaints.log("\(reason)", of: channel, &log)
    }

    /// When `retry` is to be called, for what no event announces.
    ///
    /// - Parameter isFlushedByTimer: Whether the flush timer tries ring buffers that poll(2) does not report.
    func nextRetry(isFlushedByTimer: Bool) -> Duration? {
        state.nextRetry(portIsAway: portIsAway, isFlushedByTimer: isFlushedByTimer)
    }

    mutating func retry(in phase: Phase) throws(SystemError) {
        try resumeIfBlocked(in: phase)
        if state == .ringGone, phase == .streaming { try flushIfAnythingWaits() }
    }

    /// Whether the worker has a job and has done nothing since the last call; asks it to hand the channel back.
    ///
    /// A worker that is alive does that at once.
    mutating func checkWorker() -> Bool {
        guard isDraining else {
            beat.rest()
            return false
        }
        defer { interrupt() }
        return beat.hasStopped(at: channel.counters)
    }

    // MARK: steps, each of which ends in another state

    /// Gives the channel to its worker; `receiveResult` gets it back.
    private mutating func dispatch(_ job: Job) {
        state = .draining(job)
        beat.jobs += 1
        channel.mailbox.post(job.word)
    }

    /// Lets the worker move what is left before a stop's boundary, or as much as the ring buffer can hold.
    ///
    /// So a CPU that goes on recording cannot keep the flush busy for ever.
    private mutating func flush(in phase: Phase) throws(SystemError) {
        flushIsDue = false
        if case .flushing = phase {
            dispatch(.flush(pages: max(0, flushEnd - channel.counters.pages.now)))
        } else {
            dispatch(.flush(pages: try channel.pagesInRing()))
        }
    }

    private mutating func waitForData(_ reactor: inout AgentReactor) throws(SystemError) {
        state = .waitingForData
        try reactor.rearm(channel.ring.descriptor, for: [.readable, .once], as: .ring(index))
    }

    private mutating func waitForPort(_ reactor: inout AgentReactor) throws(SystemError) {
        state = .waitingForPort
        // The retry timer tries a sink that epoll does not take (a file, /dev/null), and a port whose host
        // is away, which poll(2) reports for ever.
        portIsAway = isHungUp(sink.descriptor)
        guard let sinkToken, !portIsAway else { return }
        try reactor.rearm(sink.descriptor, for: [.writable, .once], as: .sink(sinkToken))
    }
}
