import Reactor

/// Ends if a worker does nothing for longer than was expected, because a real-time task keeps it off its CPU for instance.
///
/// The worker puts it off, so that the reactor thread is not woken for as long as all goes well: timerfd_settime(2).
final class SilenceTimer: Sendable {
    private let timer: TimerFD

    init() throws(SystemError) { timer = try TimerFD() }

    /// Readable once it has ended.
    var descriptor: FileDescriptor {
        _read { yield timer.descriptor }
    }

    /// Something is expected of the worker within `limit` from now on.
    func expect(within limit: Duration) {
        // timerfd_settime(2) fails only for a time out of range.
        try? timer.arm(after: limit)
    }

    /// Nothing is expected of the worker.
    func stop() { try? timer.disarm() }

    /// Whether it has ended since it was last set.
    var hasEnded: Bool { ((try? timer.expirations()) ?? 0) > 0 }
}
