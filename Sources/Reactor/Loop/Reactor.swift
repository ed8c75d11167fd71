internal import CEpoll
import Glibc

/// One epoll(7) instance that names what it watches by token, never by descriptor number.
///
/// An event that waits in the same batch as another is delivered although the first one's handling may have made
/// it out of date: the receiver asks its own state whether it still cares.
package struct Reactor<Token: RawRepresentable>: ~Copyable where Token.RawValue == UInt64 {
    private let epoll: FileDescriptor
    private var events: [epoll_event]

    /// Makes a reactor that takes at most `batch` events out of the kernel at a time.
    package init(batch: Int = 64) throws(SystemError) {
        epoll = FileDescriptor(owning: try systemCall("epoll_create1") { epoll_create1(CInt(EPOLL_CLOEXEC)) })
        events = Array(repeating: epoll_event(), count: batch)
    }

    /// Starts watching `descriptor`; closing it ends that.
    ///
    /// - Returns: `false` for what epoll does not take because it is always ready (files, `/dev/null`): `EPERM`.
    @discardableResult
    package func watch(
        _ descriptor: borrowing FileDescriptor, for interest: Readiness, as token: Token
    ) throws(SystemError) -> Bool {
        do throws(SystemError) {
            try control(EPOLL_CTL_ADD, descriptor, interest, token)
            return true
        } catch  where error.code == .notPermitted {
            return false
        }
    }

    /// Changes what a watched descriptor is watched for; empty means errors and hang-ups only.
    package func rearm(
        _ descriptor: borrowing FileDescriptor, for interest: Readiness, as token: Token
    ) throws(SystemError) {
        try control(EPOLL_CTL_MOD, descriptor, interest, token)
    }

    private func control(
        _ operation: CInt, _ descriptor: borrowing FileDescriptor, _ interest: Readiness, _ token: Token
    ) throws(SystemError) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token.rawValue))
        _ = try systemCall("epoll_ctl", on: "\(token)") {
            epoll_ctl(epoll.rawValue, operation, descriptor.rawValue, &event)
        }
    }

    /// Sleeps until something that is watched is ready.
    ///
    /// - Returns: What is ready for what, at most a batch of it.
    package mutating func wait() throws(SystemError) -> [(Token, Readiness)] {
        let count = try systemCall("epoll_wait") {
            epoll_wait(epoll.rawValue, &events, CInt(events.count), -1)
        }
        return events[..<Int(count)].compactMap { event in
            Token(rawValue: event.data.u64).map { ($0, Readiness(rawValue: event.events)) }
        }
    }
}
