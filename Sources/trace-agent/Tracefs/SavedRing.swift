/// The counters of one CPU's ring buffer at a moment.
struct SavedRing: Codable, Equatable, Sendable {
    let cpu: Int
    let stats: RingStats

    /// Whether it can be from a ring buffer: no sum of such counters overflows.
    var isPlausible: Bool { stats.isPlausible }
}
