/// The counters of one CPU's ring buffer at a moment.
struct SavedRing: Codable, Equatable, Sendable {
    let cpu: Int
    let stats: RingStats
}
