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

    /// Lets a worker that gets no time on its CPU run anywhere.
    ///
    /// - Returns: For how long; `nil` if nothing changes.
    mutating func releaseIfStarved() -> Duration? {
        let placement = channel.placement
        return starvation.check(placement, channel.counters, isWaiting: placement.isWaitingForCPU)
    }

    /// When `releaseIfStarved` is to be called, from the last time on.
    var checkPeriod: Duration { starvation.checkPeriod }
}
