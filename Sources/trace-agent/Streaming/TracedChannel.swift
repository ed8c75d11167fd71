import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// One CPU's channel as the reactor thread sees it; every change of its state is here.
///
/// At most one job is in flight: the channel is then `draining`, and belongs to its worker.
struct TracedChannel {
    private let index: Int
    private var worker: WorkerLink
    private var state = ChannelState.idle { didSet { lastStep = .now } }
    /// When the state changed, or the channel was last tried in it.
    private var lastStep = ContinuousClock.now
    private var sinkWatch: SinkWatch
    private var ring: TracedRing
    /// Whether the flush timer fired, or a stop was ordered, while the worker had a job.
    private var flushIsDue = false
    private var flushBound: FlushBound
    private var complaints = Complaints()

    /// Starts the channel's worker, and watches the channel's descriptors under `index`.
    ///
    /// - Parameter first: The first channel with the same sink, under whose number the sink is watched.
    init(
        _ channel: Channel, index: Int, sharingSinkOf first: TracedChannel?, hasLost: Bool = false,
        _ reactor: inout AgentReactor
    ) throws(SystemError) {
        worker = try WorkerLink(channel)
        flushBound = FlushBound(channel)
        self.index = index
        if let first {
            sinkWatch = first.sinkWatch
        } else {
            sinkWatch = try SinkWatch(channel.sink, index: index, &reactor)
        }
        try reactor.watch(channel.readiness.descriptor, for: .readable, as: .worker(index))
        try reactor.watch(channel.silence.descriptor, for: .readable, as: .worker(index))
        // Last: the ring buffer stays open if this fails, and epoll would keep its watch.
        ring = try TracedRing(channel.ring, index: index, hasLost: hasLost, &reactor)
    }

    var channel: Channel { worker.channel }
    var cpu: Int { channel.cpu }
    var sink: Sink { channel.sink }
    var isIdle: Bool { state == .idle }
    var isPortGone: Bool { state == .portGone }
    var isDraining: Bool { if case .draining = state { true } else { false } }
    /// Whether a stop has nothing to wait for: everything is sent, or cannot be.
    var isFlushed: Bool { state == .idle || state == .portGone }
    /// Whether everything that was read has been sent.
    var isDelivered: Bool { state == .idle && channel.pendingBytes == 0 }
    /// Whether everything that was recorded since the last start has been sent.
    var isComplete: Bool { isDelivered && ring.isComplete }
    /// When `retry` is to be called, for what no event announces.
    var nextRetry: Duration? { state.retryPeriod(ring, sinkWatch) }
    /// What is wrong with the stream since the last start, `nil` if nothing is.
    var warning: String? { ring.warning.map { "CPU \(cpu): \($0)" } }
    /// The counters when streaming began, `nil` if they are unknown.
    var ringAtStart: SavedRing? { ring.start }

    /// Reads the kernel's counters, and adds up what was lost since the last time.
    mutating func readStats(streaming: Bool, _ log: inout LimitedLog) {
        let error = ring.readStats(bytesTaken: channel.counters.bytesTaken.now, streaming: streaming)
        complaints.logStats(error, of: channel, &log)
    }

    /// What has been counted; the kernel's part is as old as the last `readStats`.
    var report: CPUReport {
        CPUReport(
            cpu: cpu, state: state.reported(isUnreadable: ring.isUnreadable),
            counts: Counts(of: channel, ring.counted), ringSize: channel.ring.knownSize)
    }

    /// Begins to stream what the ring buffer holds, by counters that were just read, and what comes.
    mutating func start(_ reactor: inout AgentReactor) {
        flushIsDue = isDraining
        ring.begin()
        complaints.begin()
        switch state {
        case .draining, .portGone: break
        default:
            if ring.holdsEvents || channel.pendingBytes > 0 {
                dispatch(.flush(pages: channel.pagesInRing))
            } else {
                waitForData(&reactor)
            }
        }
    }

    /// Goes on with the stream of an earlier process, which began at these counters.
    mutating func resume(from start: RingStats) { ring.resume(from: start) }

    /// Begins to send what was recorded until now; a second stop moves that boundary.
    ///
    /// An idle CPU is woken too: that saves a read of its counters.
    mutating func stop() {
        flushBound.begin()
        switch state {
        case .draining:
            flushIsDue = true
            interrupt()
        case .waitingForData, .polling, .waitingForCPU, .ringGone, .idle:
            dispatch(.flush(pages: flushBound.pagesLeft))
        case .waitingForPort, .portGone: break
        }
    }

    /// Asks a worker that has a job to hand the channel back.
    func interrupt() { if isDraining { worker.interrupt() } }

    /// The stop is over time: a channel that waits for its port is left as it is.
    mutating func giveUp() {
        interrupt()
        if state == .waitingForPort { state = .idle }
    }

    mutating func ringIsReadable() {
        if isDraining { worker.ringIsReported() }
        guard state == .waitingForData else { return }
        ring.isReported()
        dispatch(.drain)
    }

    /// The ring buffer may be another one, or its CPU there: others have written, or it is a precaution (`nil`).
    mutating func watchAnew(after writes: RingSettings.Writes?, _ reactor: inout AgentReactor) {
        if writes?.snapshot == true { ring.noteSnapshot() }
        if state == .waitingForData { waitForData(&reactor) }
        // A worker in the queue of another ring buffer waits in vain.
        if writes != nil { interrupt() } else if isDraining { worker.watchAnew(ring, &reactor) }
    }

    /// The flush timer fired: what has waited in the ring buffer since the last time is sent, a partial page too.
    ///
    /// A CPU with nothing new is not woken; a worker that lingers flushes by itself.
    mutating func flushIfAnythingWaits(_ reactor: inout AgentReactor, _ log: inout LimitedLog) {
        readStats(streaming: true, &log)
        switch state {
        case .draining(.flush): flushIsDue = true
        case .draining: worker.tick(ring, &reactor)
        case .waitingForData where !ring.holdsEvents: waitForData(&reactor)
        case .waitingForData:
            dispatch(.drainAll)
            worker.watch(ring, &reactor)
        case .polling, .ringGone: if ring.holdsEvents { flush(in: .streaming) }
        case .idle, .waitingForCPU, .waitingForPort, .portGone: break
        }
    }

    /// How the worker's job ended; `nil` if none has: a worker that gets no time on its CPU may then run anywhere.
    mutating func receiveResult(_ log: inout LimitedLog) -> JobResult? {
        let result = worker.receive()
        guard isDraining else { return nil }
        if result == nil { complaints.logRelease(worker.checkIfSilent(), of: channel, &log) }
        return result
    }

    /// Goes on after a job that has ended, and logs what is wrong.
    mutating func proceed(
        after result: JobResult, in phase: Phase, usesPorts: Bool, _ reactor: inout AgentReactor,
        _ log: inout LimitedLog
    ) throws(SystemError) {
        guard case .draining(let job) = state else { return }
        complaints.logJob(result, of: channel, usesPorts: usesPorts, &log)
        ring.jobHasEnded(result)
        // A ring buffer that has grown meanwhile can hold more than the flush was bounded by.
        if case .flushing = phase, result == .spent, flushBound.pagesLeft > 0 { flushIsDue = true }
        switch NextStep(after: result, of: job, in: phase, flushIsDue: flushIsDue) {
        case .rest: state = .idle
        case .waitForData: waitForData(&reactor)
        case .pollByTimer:
            ring.hasPolled(count: channel.counters.pages.now, ofRingOf: channel.pagesInRing)
            complaints.logPolling(of: channel, &log)
            state = .polling
        case .waitForPort: try waitForPort(&reactor)
        case .retryPort: state = .waitingForPort
        case .drain: dispatch(.drain)
        case .flush: flush(in: phase)
        case .waitForCPU: state = .waitingForCPU
        case .giveUpRing: state = .ringGone
        case .giveUpPort: state = .portGone
        }
    }

    /// The sink accepts data again, or the retry timer tries it.
    mutating func resumeIfBlocked(in phase: Phase) {
        guard state == .waitingForPort else { return }
        if case .flushing = phase { flush(in: phase) } else { dispatch(.drain) }
    }

    /// The port was plugged in anew while the channel had nothing to send.
    mutating func portIsReplaced() { if state == .idle { state = .portGone } }

    /// The port that had gone is open again; the channel goes on with what it has.
    mutating func portIsBack(in phase: Phase, _ reactor: inout AgentReactor) throws(SystemError) {
        sinkWatch = try SinkWatch(sink, index: index, &reactor)
        switch phase {
        case .streaming: dispatch(.drain)
        case .flushing(let flush) where !flush.hasGivenUp: self.flush(in: phase)
        case .flushing, .stopped: state = .idle
        }
    }

    mutating func portStaysGone(_ reason: Failure, _ log: inout LimitedLog) {
        complaints.log("\(reason)", of: channel, &log)
    }

    /// Tries what no event announces, unless that was done a short time ago: the timer is there for all channels.
    mutating func retry(in phase: Phase, _ reactor: inout AgentReactor, _ log: inout LimitedLog) {
        guard let period = nextRetry, ContinuousClock.now - lastStep >= period / 2 else { return }
        lastStep = .now
        switch state {
        case .waitingForData:
            ring.isRenewed()
            waitForData(&reactor)
        case .polling: dispatch(.drain)
        case .waitingForPort: resumeIfBlocked(in: phase)
        case .waitingForCPU: if !ring.isOffline { waitForData(&reactor) }
        case .ringGone: flushIfAnythingWaits(&reactor, &log)
        case .idle, .draining, .portGone: break
        }
    }

    /// Whether the worker has a job and has done nothing since the last call; asks it to hand the channel back.
    mutating func checkWorker() -> Bool { isDraining && worker.isStuck() }

    /// Gives the channel to its worker; `receiveResult` gets it back.
    private mutating func dispatch(_ job: Job) {
        state = .draining(job)
        worker.post(job)
    }

    /// Lets the worker move what is left before a stop's boundary, or as much as the ring buffer can hold.
    private mutating func flush(in phase: Phase) {
        flushIsDue = false
        dispatch(.flush(pages: flushBound.pages(in: phase)))
    }

    private mutating func waitForData(_ reactor: inout AgentReactor) {
        state = ring.waitForData(&reactor) ? .waitingForData : .polling
    }

    private mutating func waitForPort(_ reactor: inout AgentReactor) throws(SystemError) {
        state = .waitingForPort
        if try sinkWatch.waitForOutput(of: sink, &reactor) {
            channel.counters.bytesUnconfirmed.count(channel.counters.bytesInFlight.now)
        }
    }
}
