/// What an earlier process of the service was streaming when it ended.
struct EarlierStream: Equatable {
    /// The counters of the ring buffers when it began.
    let rings: [SavedRing]
    /// Whether the process ended without sending what it had read.
    let hasCrashed: Bool
}
