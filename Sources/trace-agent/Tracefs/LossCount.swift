/// How many events one CPU lost, added up from differences of the kernel's own counters.
struct LossCount: Equatable, Sendable {
    /// Lost while the agent was streaming or flushing.
    private(set) var whileStreaming = 0
    /// Overwritten while the agent was stopped: the oldest events of the flight recorder.
    private(set) var whileStopped = 0
    private var last: Int

    /// Starts counting at `stats`.
    init(from stats: RingStats) { last = stats.lost }

    /// Adds what was lost since the last call.
    ///
    /// A counter that fell was reset: the ring buffer was cleared.
    mutating func add(_ stats: RingStats, streaming: Bool) {
        let difference = stats.lost >= last ? stats.lost - last : stats.lost
        last = stats.lost
        if streaming { whileStreaming += difference } else { whileStopped += difference }
    }
}
