internal import CEpoll
import Glibc

/// A timer that makes a descriptor readable: timerfd_create(2), on the monotonic clock.
package struct TimerFD: ~Copyable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) {
        let flags = TFD_CLOEXEC | TFD_NONBLOCK
        descriptor = FileDescriptor(
            owning: try systemCall("timerfd_create") { timerfd_create(CLOCK_MONOTONIC, CInt(flags)) })
    }

    /// Fires once after `delay`, which is more than zero, and then every `period`, if one is given.
    package func arm(after delay: Duration, every period: Duration = .zero) throws(SystemError) {
        precondition(delay > .zero)
        try set(itimerspec(it_interval: timespec(period), it_value: timespec(delay)))
    }

    /// Fires no more.
    package func disarm() throws(SystemError) {
        try set(itimerspec())
    }

    private func set(_ time: itimerspec) throws(SystemError) {
        var time = time
        _ = try systemCall("timerfd_settime") { timerfd_settime(descriptor.rawValue, 0, &time, nil) }
    }

    /// How often it has fired since the last time this was asked; 0 if it has not.
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
