/// How long the reports of a ring buffer are relied upon before it is tried without one.
///
/// A wait for a report is in vain once the ring buffer was exchanged for its snapshot: the wait is in the queue of the other.
struct ReportTrust {
    /// How long the next report is waited for.
    private(set) var time = Self.longest
    private var lastReport: ContinuousClock.Instant?

    static let longest = Duration.seconds(1)
    static let shortest = Duration.milliseconds(50)

    /// The ring buffer was reported: as long as reports come like this, one and a half times that is waited for the next.
    ///
    /// At `buffer_percent` 50 or less the ring buffer does not overflow in that time.
    mutating func isReported(at now: ContinuousClock.Instant = .now) {
        time = min(max((now - (lastReport ?? now - Self.longest)) * 3 / 2, Self.shortest), Self.longest)
        lastReport = now
    }

    /// It was tried without a report: it fills more slowly than before.
    mutating func isRenewed() { time = min(time * 2, Self.longest) }
}
