internal import CEpoll
import Glibc

/// A timer on the monotonic clock that makes a descriptor readable when it expires: timerfd_create(2).
package struct TimerFD: ~Copyable, Sendable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) {
        let flags = TFD_CLOEXEC | TFD_NONBLOCK
        descriptor = FileDescriptor(
            owning: try systemCall("timerfd_create") { timerfd_create(CLOCK_MONOTONIC, CInt(flags)) })
    }

    /// Starts the timer: timerfd_settime(2).
    ///
    /// - Parameters:
    ///   - delay: The time until it first expires; must be more than zero.
    ///   - period: The time between later expirations; zero means that it expires once.
    package func arm(after delay: Duration, every period: Duration = .zero) throws(SystemError) {
        precondition(delay > .zero)
        try set(itimerspec(it_interval: timespec(period), it_value: timespec(delay)))
    }

    /// Stops the timer: timerfd_settime(2).
    package func disarm() throws(SystemError) {
        try set(itimerspec())
    }

    private func set(_ time: itimerspec) throws(SystemError) {
        var time = time
        _ = try systemCall("timerfd_settime") { timerfd_settime(descriptor.rawValue, 0, &time, nil) }
    }

    /// The number of expirations since the last call or the last start, 0 if there was none: read(2).
    package func expirations() throws(SystemError) -> UInt64 {
        var count: UInt64 = 0
        _ = try systemCallOrBlock("read", on: "timerfd") {
            read(descriptor.rawValue, &count, MemoryLayout<UInt64>.size)
        }
        return count
    }
}

extension timespec {
    fileprivate init(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        self.init(tv_sec: Int(seconds), tv_nsec: Int(attoseconds / 1_000_000_000))
    }
}
