import Reactor

/// The timer for everything that no event announces; it knows no reasons.
struct RetryTimer: ~Copyable {
    private let timer: TimerFD
    /// The delay that it was armed with; `nil` while it is off.
    private var period: Duration?

    init(_ reactor: inout AgentReactor) throws(SystemError) {
        let timer = try TimerFD()
        try reactor.watch(timer.descriptor, for: .readable, as: .retryTimer)
        self.timer = timer
    }

    /// Arms the timer for the next retry; `nil` turns it off.
    ///
    /// A running timer is never put off: a channel that blocks again and again must not delay the others.
    mutating func set(_ needed: Duration?) throws(SystemError) {
        if let needed, let period, needed >= period { return }
        if needed == period { return }
        period = needed
        if let needed { try timer.arm(after: needed) } else { try timer.disarm() }
    }

    /// Whether it has fired; it has to be set again then.
    mutating func hasFired() throws(SystemError) -> Bool {
        guard try timer.expirations() > 0 else { return false }
        period = nil
        return true
    }
}
