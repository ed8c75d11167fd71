import Reactor

/// The timers of `Streaming`: the flush timer while pages move, the deadline of a stop.
struct StreamingTimers: ~Copyable {
    private let flush: TimerFD
    private let deadline: TimerFD
    private(set) var isDeadlineSet = false

    init(_ reactor: inout AgentReactor) throws(SystemError) {
        let flush = try TimerFD()
        let deadline = try TimerFD()
        try reactor.watch(flush.descriptor, for: .readable, as: .flushTimer)
        try reactor.watch(deadline.descriptor, for: .readable, as: .deadline)
        self.flush = flush
        self.deadline = deadline
    }

    /// - Parameter interval: 0: the flush timer never fires.
    func startFlushing(every interval: Duration) throws(SystemError) {
        if interval > .zero { try flush.arm(after: interval, every: interval) }
    }

    func stopFlushing() throws(SystemError) { try flush.disarm() }

    func isFlushDue() throws(SystemError) -> Bool { try flush.expirations() > 0 }

    mutating func setDeadline(after limit: Duration) throws(SystemError) {
        isDeadlineSet = true
        try deadline.arm(after: max(limit, .milliseconds(1)))
    }

    mutating func clearDeadline() throws(SystemError) {
        isDeadlineSet = false
        try deadline.disarm()
    }

    mutating func hasDeadlinePassed() throws(SystemError) -> Bool {
        guard try deadline.expirations() > 0 else { return false }
        isDeadlineSet = false
        return true
    }
}
