internal import CEpoll
import Glibc

/// An epoll(7) instance that identifies each watched source by a token, never by its descriptor number.
///
/// Events of one batch are all delivered, although handling one of them may make a later one stale. The
/// receiver therefore checks its own state before it acts on an event.
package struct Reactor<Token: RawRepresentable>: ~Copyable where Token.RawValue == UInt64 {
    private let epoll: FileDescriptor
    @usableFromInline internal var batch: EventBatch

    /// Makes a reactor that gets at most `batch` events from the kernel at a time.
    package init(batch: Int = 64) throws(SystemError) {
        epoll = FileDescriptor(owning: try systemCall("epoll_create1") { epoll_create1(CInt(EPOLL_CLOEXEC)) })
        self.batch = EventBatch(size: batch)
    }

    /// Starts watching `descriptor`, until it is closed: epoll_ctl(2).
    ///
    /// - Returns: `false` for files that epoll refuses with `EPERM`: regular files and `/dev/null`, which are
    ///   always ready.
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

    /// Changes the interest in a watched descriptor: epoll_ctl(2).
    ///
    /// - Parameter interest: If empty, only errors and hang-ups are reported.
    package func rearm(
        _ descriptor: borrowing FileDescriptor, for interest: Readiness, as token: Token
    ) throws(SystemError) {
        try control(EPOLL_CTL_MOD, descriptor, interest, token)
    }

    /// Watches `descriptor` anew: epoll_ctl(2), `EPOLL_CTL_DEL` and `EPOLL_CTL_ADD`.
    ///
    /// `EPOLL_CTL_MOD` asks a file for its state, but does not enter its wait queue again. That is needed where the queue
    /// is no longer the one that will be woken, or the file refused it: `EPOLLERR`.
    package func renew(
        _ descriptor: borrowing FileDescriptor, for interest: Readiness, as token: Token
    ) throws(SystemError) {
        do throws(SystemError) {
            try control(EPOLL_CTL_DEL, descriptor, [], token)
        } catch  where error.code == .noEntry {
            // An earlier call has removed it, and found no memory to add it again.
        }
        try control(EPOLL_CTL_ADD, descriptor, interest, token)
    }

    private func control(
        _ operation: CInt, _ descriptor: borrowing FileDescriptor, _ interest: Readiness, _ token: Token
    ) throws(SystemError) {
        var event = epoll_event(events: interest.rawValue, data: epoll_data_t(u64: token.rawValue))
        _ = try systemCall("epoll_ctl", on: "\(token)") {
            epoll_ctl(epoll.rawValue, operation, descriptor.rawValue, &event)
        }
    }

    /// Waits until a watched source is ready: epoll_wait(2).
    ///
    /// Inlinable, because a loop that knows the type of its tokens spends a fifth less time on a turn.
    ///
    /// - Returns: The tokens of the ready sources, each with its readiness; at most one batch.
    @inlinable
    package mutating func wait() throws(SystemError) -> [(Token, Readiness)] {
        try fillBatch()
        var ready: [(Token, Readiness)] = []
        ready.reserveCapacity(batch.count)
        for index in 0..<batch.count {
            guard let token = Token(rawValue: batch.token(at: index)) else { continue }
            ready.append((token, batch.readiness(at: index)))
        }
        return ready
    }

    @usableFromInline
    internal mutating func fillBatch() throws(SystemError) { try batch.fill(from: epoll) }
}
