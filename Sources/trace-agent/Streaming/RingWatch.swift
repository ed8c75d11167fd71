import Reactor

/// When a ring buffer is tried although epoll(7) has not reported it.
///
/// epoll is not enough: a snapshot exchanges the ring buffer under its registration, and with `options/block`, or where
/// poll(2) ignores `buffer_percent`, it reports data that splice(2) does not move.
struct RingWatch {
    /// How long a registration is relied upon before it is renewed.
    private var trust = ReportTrust()
    /// How often a ring buffer is tried that poll(2) reports as readable when it is not.
    private(set) var pollInterval = Self.shortestPoll
    /// Pages that had been taken at the last try.
    private var polledCount = 0

    private static let longestPoll = Duration.seconds(1)
    private static let shortestPoll = Duration.milliseconds(5)

    /// The ring buffer was reported.
    mutating func isReported(at now: ContinuousClock.Instant = .now) { trust.isReported(at: now) }

    /// When the registration has to be renewed, if no report comes; `nil` if the next tick is early enough.
    var renewal: Duration? { trust.time < ReportTrust.longest ? trust.time : nil }

    /// The registration is renewed without a report: the ring buffer fills more slowly than before.
    mutating func isRenewed() { trust.isRenewed() }

    /// A try has found nothing more: the next one is to find an eighth to a thirty-second of the ring buffer.
    ///
    /// - Parameters:
    ///   - count: Pages that were taken until now.
    ///   - size: Pages that the ring buffer can hold.
    mutating func hasPolled(count: Int, ofRingOf size: Int) {
        let pages = count - polledCount
        polledCount = count
        if pages > size / 8 {
            pollInterval = max(pollInterval / 2, Self.shortestPoll)
        } else if pages < size / 32 {
            pollInterval = min(pollInterval * 2, Self.longestPoll)
        }
    }
}
