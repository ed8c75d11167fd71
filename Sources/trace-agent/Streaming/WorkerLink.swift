import CommandSupport
import Reactor

/// The reactor thread's end of a worker: gives it jobs, receives the results, and notices if it does nothing.
struct WorkerLink {
    private let worker: Worker
    private var beat = WorkerBeat()
    private var starvation = Starvation()
    /// Pages that had been moved at the last tick.
    private var pages = 0
    /// Whether the reactor watches the ring buffer for which the worker waits.
    private var isRingWatched = false

    /// Starts the channel's worker.
    init(_ channel: Channel) throws(SystemError) { worker = try Worker(channel) }

    var channel: Channel { worker.channel }

    /// Gives the worker a job; it has none.
    mutating func post(_ job: Job) {
        beat.jobs += 1
        starvation.begin(channel.placement, channel.counters)
        isRingWatched = false
        channel.silence.expect(within: Starvation.patience)
        channel.mailbox.post(job.word)
    }

    /// Asks the worker to hand the channel back.
    func interrupt() { channel.mailbox.post(Job.interrupt.word) }

    /// How the job has ended, `nil` if it has not.
    mutating func receive() -> JobResult? {
        guard let word = channel.readiness.receive() else { return nil }
        channel.silence.stop()
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

    /// Lets a worker run anywhere that gets no time on its CPU.
    ///
    /// - Returns: For how long; `nil` if nothing changes.
    mutating func checkIfSilent() -> Duration? {
        guard channel.silence.hasEnded else { return nil }
        let placement = channel.placement
        let release = starvation.check(placement, channel.counters, isWaiting: placement.isWaitingForCPU)
        channel.silence.expect(within: starvation.period)
        return release
    }

    /// A tick while the worker has a job: asks it back from elsewhere if that time is over, and watches a slow `ring`.
    ///
    /// A worker that waits may long be silent: what comes of a sudden is then reported to the reactor thread too.
    mutating func tick(_ ring: TracedRing, _ reactor: inout AgentReactor) {
        if starvation.isReleaseOver() { interrupt() }
        let moved = channel.counters.pages.now - pages
        pages += moved
        isRingWatched = moved < channel.pagesInRing / Self.slowTicks && ring.waitForData(&reactor)
    }

    /// A ring buffer fills slowly if it needs this many ticks.
    private static let slowTicks = 16

    /// Watches `ring`, for which the worker waits.
    mutating func watch(_ ring: TracedRing, _ reactor: inout AgentReactor) {
        isRingWatched = ring.waitForData(&reactor)
    }

    /// Watches `ring` anew, if it is watched.
    mutating func watchAnew(_ ring: TracedRing, _ reactor: inout AgentReactor) {
        if isRingWatched { watch(ring, &reactor) }
    }

    /// The ring buffer is reported, to the worker too.
    mutating func ringIsReported() {
        isRingWatched = false
        starvation.expectProgress(channel.counters)
        channel.silence.expect(within: Starvation.patience)
    }
}
