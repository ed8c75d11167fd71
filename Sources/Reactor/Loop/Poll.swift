import Glibc

/// Waits until `descriptor` is ready for `readiness`: poll(2).
///
/// - Parameter timeout: Rounded up to whole milliseconds; zero does not wait.
/// - Returns: `false` after the timeout, or if the other side has hung up.
package func poll(
    _ descriptor: borrowing FileDescriptor, for readiness: Readiness, timeout: Duration
) -> Bool {
    let events = Int16(truncatingIfNeeded: readiness.rawValue)
    var entry = pollfd(fd: descriptor.rawValue, events: events, revents: 0)
    pollUninterrupted(&entry, 1, timeout)
    return entry.revents & events != 0 && entry.revents & Int16(POLLHUP) == 0
}

/// Whether the other side of `descriptor` has hung up: `POLLHUP`, poll(2).
package func isHungUp(_ descriptor: borrowing FileDescriptor) -> Bool {
    var entry = pollfd(fd: descriptor.rawValue, events: 0, revents: 0)
    pollUninterrupted(&entry, 1, .zero)
    return entry.revents & Int16(POLLHUP) != 0
}

/// Whether `descriptor` is in error: `POLLERR`, poll(2).
package func isInError(_ descriptor: borrowing FileDescriptor) -> Bool {
    var entry = pollfd(fd: descriptor.rawValue, events: 0, revents: 0)
    pollUninterrupted(&entry, 1, .zero)
    return entry.revents & Int16(POLLERR) != 0
}

/// Waits until `first` or `second` is readable, has hung up or is in error: poll(2).
///
/// - Parameter timeout: Rounded up to whole milliseconds; `nil` waits without a limit.
/// - Returns: `.second` if both are.
package func poll(
    _ first: borrowing FileDescriptor, or second: borrowing FileDescriptor, timeout: Duration? = nil
) -> Polled {
    let descriptors = (first.rawValue, second.rawValue)
    return withUnsafeTemporaryAllocation(of: pollfd.self, capacity: 2) { entries in
        entries.initializeElement(at: 0, to: pollfd(fd: descriptors.0, events: Int16(POLLIN), revents: 0))
        entries.initializeElement(at: 1, to: pollfd(fd: descriptors.1, events: Int16(POLLIN), revents: 0))
        pollUninterrupted(entries.baseAddress, 2, timeout)
        if entries[1].revents != 0 { return .second }
        return entries[0].revents != 0 ? .first : .neither
    }
}

/// Calls poll(2) again, with the whole timeout, after `EINTR`.
///
/// That is rare: signals are blocked in every thread.
private func pollUninterrupted(
    _ entries: UnsafeMutablePointer<pollfd>?, _ count: nfds_t, _ timeout: Duration?
) {
    while poll(entries, count, timeout?.wholeMilliseconds ?? -1) == -1 {
        let code = Errno.current
        precondition(code == .interrupted, "poll: \(code)")
    }
}

extension Duration {
    /// Milliseconds, rounded up: a wait is never too short, and a short one never becomes a busy loop.
    fileprivate var wholeMilliseconds: CInt {
        let (seconds, attoseconds) = components
        let perMillisecond: Int64 = 1_000_000_000_000_000
        return CInt(clamping: seconds * 1000 + (attoseconds + perMillisecond - 1) / perMillisecond)
    }
}
