import CommandSupport
import Reactor

/// The reactor thread's end of a worker: gives it jobs, receives the results, and notices if it does nothing.
struct WorkerLink {
    private let worker: Worker
    private var beat = WorkerBeat()
    private var starvation = Starvation()

    /// Starts the channel's worker.
    init(_ channel: Channel) throws(SystemError) { worker = try Worker(channel) }

    var channel: Channel { worker.channel }

    /// Gives the worker a job; it has none.
    mutating func post(_ job: Job) {
        beat.jobs += 1
        starvation.begin(channel.placement, channel.counters)
        channel.mailbox.post(job.word)
    }

    /// Asks the worker to hand the channel back.
    func interrupt() { channel.mailbox.post(Job.interrupt.word) }

    /// How the job has ended, `nil` if it has not.
    mutating func receive() -> JobResult? {
        guard let word = channel.readiness.receive() else { return nil }
        starvation.rest()
        beat.rest()
        return JobResult(word: word)
    }

    /// Whether the worker has done nothing for its job since the last call; asks it to hand the channel back.
    ///
    /// A worker that is alive does that at once.
    mutating func isStuck() -> Bool {
        let isStuck = beat.hasStopped(at: channel.counters)
        interrupt()
        return isStuck
    }

    /// Lets a worker that gets no time on its CPU run anywhere, and asks back one whose time elsewhere is over.
    ///
    /// If the worker only waits for `ring`, that is watched instead of the worker.
    mutating func check(_ ring: TracedRing, _ reactor: inout AgentReactor, _ log: inout LimitedLog) {
        if starvation.isReleaseOver() { interrupt() }
        let placement = channel.placement
        let release = starvation.check(
            placement, channel.counters, ringOf: channel.pagesInRing, isWaiting: placement.isWaitingForCPU,
            isReported: ring.isReportable)
        if let release {
            log.log(
                "CPU \(channel.cpu) gives its worker no time, because of a real-time task for instance: it may run on any CPU for \(release)",
                level: .notice, Complaints.fields(of: channel))
        } else if starvation.isIdle {
            watch(ring, &reactor)
        }
    }

    /// When `check` is to be called, from the last time on; `nil` if the ring buffer is watched.
    var checkPeriod: Duration? { starvation.checkPeriod }

    /// Watches `ring` instead of the worker, which has nothing to do but its own flushes until that is reported.
    mutating func watch(_ ring: TracedRing, _ reactor: inout AgentReactor) {
        starvation.setRingWatched(ring.waitForData(&reactor))
    }

    /// Watches `ring` anew, if it is watched.
    mutating func watchAnew(_ ring: TracedRing, _ reactor: inout AgentReactor) {
        if starvation.checkPeriod == nil { watch(ring, &reactor) }
    }

    /// The ring buffer is reported, to the worker too.
    mutating func ringIsReported() { starvation.expectProgress(channel.counters) }
}
