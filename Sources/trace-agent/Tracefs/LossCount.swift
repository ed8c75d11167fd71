/// How many events one CPU lost, added up from differences of the kernel's own counters.
///
/// A snapshot exchanges the ring buffer for a second one with counters of its own, and the next snapshot exchanges it
/// back: each one's losses are the differences to what was last seen of that one.
struct LossCount: Equatable, Sendable {
    /// Lost while the agent was streaming or flushing.
    private(set) var whileStreaming = 0
    /// Overwritten while the agent was stopped: the oldest events of the flight recorder.
    private(set) var whileStopped = 0
    /// How often the counters were found to be those of another ring buffer, or of one that was cleared, while streaming.
    private(set) var swaps = 0
    /// The counters as last seen; `nil` if they could not be read yet.
    private var seen: SeenStats?
    /// Those of the ring buffer that this one was exchanged for, or that was cleared.
    private var other: SeenStats?

    /// The counters as last seen; `nil` if they could not be read yet.
    var last: RingStats? { seen?.stats }

    /// Counts from `stats` on.
    mutating func begin(at stats: RingStats) { seen = SeenStats(stats, after: nil) }

    /// Adds what was lost since the last call.
    ///
    /// - Parameter bytesTaken: Bytes taken from the ring buffer since then.
    mutating func add(_ stats: RingStats, bytesTaken: Int, streaming: Bool) {
        guard let seen else { return begin(at: stats) }
        if seen.canBecome(stats), !isOther(stats, than: seen, bytesTaken: bytesTaken) {
            count(stats.lost - seen.stats.lost, streaming)
            self.seen = SeenStats(stats, after: seen)
            return
        }
        // What was not seen before begins at 0: a new snapshot buffer, or one that was cleared.
        let before = other.flatMap { $0.canBecome(stats) ? $0 : nil }
        count(stats.lost - (before?.stats.lost ?? 0), streaming)
        if streaming { swaps += 1 }
        other = seen
        self.seen = SeenStats(stats, after: before)
    }

    /// Whether the counters fit both ring buffers, and fit the exchanged one better: by what reading adds to them.
    private func isOther(_ stats: RingStats, than seen: SeenStats, bytesTaken: Int) -> Bool {
        guard let other, other.canBecome(stats), other.stats != seen.stats else { return false }
        let last = seen.stats
        if bytesTaken == 0 { return stats.read != last.read && stats.read == other.stats.read }
        return stats.read - last.read > bytesTaken / Self.shortestEvent
    }

    /// Bytes that an event takes in a sub-buffer: its header, and data of at least one word.
    private static let shortestEvent = 8

    private mutating func count(_ difference: Int, _ streaming: Bool) {
        if streaming { whileStreaming += difference } else { whileStopped += difference }
    }
}
