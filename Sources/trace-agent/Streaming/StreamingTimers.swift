import Reactor

/// The timers of `Streaming`: the flush timer while pages move, the deadline of a stop.
struct StreamingTimers: ~Copyable {
    private let flush: TimerFD
    private let deadline: TimerFD

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

    func setDeadline(after limit: Duration) throws(SystemError) {
        try deadline.arm(after: max(limit, .milliseconds(1)))
    }

    func clearDeadline() throws(SystemError) { try deadline.disarm() }

    func hasDeadlinePassed() throws(SystemError) -> Bool { try deadline.expirations() > 0 }
}
