/// What a worker had done at the last heartbeat, to find one that is stuck.
struct WorkerBeat {
    /// How many jobs it was given.
    var jobs = 0
    private var last: Progress?

    private struct Progress: Equatable {
        let jobs: Int
        let pages: Int
        let bytes: Int
    }

    /// The worker has no job.
    mutating func rest() { last = nil }

    /// Whether the worker has had a job since the last call, and has moved nothing.
    mutating func hasStopped(at counters: ChannelCounters) -> Bool {
        let progress = Progress(jobs: jobs, pages: counters.pages.now, bytes: counters.bytes.now)
        defer { last = progress }
        return progress == last
    }
}
