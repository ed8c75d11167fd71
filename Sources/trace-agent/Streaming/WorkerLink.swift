import Reactor

/// The reactor thread's end of a worker: gives it jobs, receives the results, and notices if it does nothing.
struct WorkerLink {
    private let worker: Worker
    private var beat = WorkerBeat()
    private var starvation = Starvation()
    /// The count of pages when the worker was given its job.
    private var pagesBefore = 0

    /// Starts the channel's worker.
    init(_ channel: Channel) throws(SystemError) { worker = try Worker(channel) }

    var channel: Channel { worker.channel }

    /// Gives the worker a job; it has none.
    mutating func post(_ job: Job) {
        pagesBefore = channel.counters.pages.now
        beat.jobs += 1
        starvation.begin(channel.placement)
        channel.mailbox.post(job.word)
    }

    /// Pages that the job has moved until now.
    var pagesMoved: Int { channel.counters.pages.now - pagesBefore }

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
    mutating func releaseIfStarved() -> Duration? { starvation.check(channel.placement, channel.counters) }
}
