/// The counters of a ring buffer as they were seen, and what they prove.
struct SeenStats: Equatable, Sendable {
    let stats: RingStats
    /// The least that was written to the ring buffer until then: what was gone before cannot have been unread then.
    private let writtenAtLeast: Int

    /// - Parameter earlier: What was seen of the same ring buffer before, `nil` if nothing was.
    init(_ stats: RingStats, after earlier: SeenStats?) {
        self.stats = stats
        writtenAtLeast = max(stats.gone, stats.unread + (earlier?.stats.gone ?? 0))
    }

    /// Whether `later` counters can be those of the same ring buffer.
    func canBecome(_ later: RingStats) -> Bool {
        later.lost >= stats.lost && later.read >= stats.read && later.writtenAtMost >= writtenAtLeast
    }
}
