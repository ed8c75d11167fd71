/// How long a worker that has moved something waits for more before it hands its channel back.
///
/// For as long as something comes at least once a flush interval the worker keeps the channel, and sends the partial page
/// itself: a batch then costs one wake-up, as in the barest loop, and not two more and two scheduling delays for the way
/// through the reactor thread.
struct Linger {
    private let flushInterval: Duration
    private var trust = ReportTrust()
    /// When what has waited in the ring buffer is to be sent.
    private var flushDue: ContinuousClock.Instant

    /// Without a flush interval, if reports do not come often.
    private static let shortest = Duration.milliseconds(20)

    /// Why the ring buffer is tried after a wait.
    enum Reason: Equatable {
        /// It has reported whole pages.
        case report
        /// It is waited for anew after that.
        case renewal
        /// What has waited in it is to be sent, the partial page too.
        case flush
    }

    /// - Parameter flushInterval: Longest time that an event waits in a ring buffer; 0: until the stop.
    init(flushInterval: Duration, at now: ContinuousClock.Instant = .now) {
        self.flushInterval = flushInterval
        flushDue = now
    }

    /// A job begins.
    ///
    /// - Parameter isFlush: Whether it sends the partial page too.
    mutating func begin(isFlush: Bool, at now: ContinuousClock.Instant = .now) {
        // An interrupted job goes on: what waits in the ring buffer does not become younger by that.
        if isFlush || flushDue <= now { flushDue = now + flushInterval }
        if !isFlush { trust.isReported(at: now) }
    }

    /// How long to wait for the next report.
    func time(at now: ContinuousClock.Instant = .now) -> Duration {
        if flushInterval > .zero { return max(min(trust.time, flushDue - now), .zero) }
        return trust.time < ReportTrust.longest ? trust.time : Self.shortest
    }

    /// A report has come: what it leaves in the ring buffer is as young as that.
    mutating func isReported(at now: ContinuousClock.Instant = .now) -> Reason {
        trust.isReported(at: now)
        flushDue = now + flushInterval
        return .report
    }

    /// No report has come in that time.
    ///
    /// - Returns: `nil` if nothing is to be waited for.
    mutating func hasTimedOut(at now: ContinuousClock.Instant = .now) -> Reason? {
        if flushInterval == .zero { return nil }
        if now < flushDue {
            // For a longer interval the reactor has its ticks.
            if trust.time == ReportTrust.longest { return nil }
            trust.isRenewed()
            return .renewal
        }
        flushDue = now + flushInterval
        return .flush
    }
}
