internal import CEpoll

/// What one epoll_wait(2) has reported.
@usableFromInline
package struct EventBatch: Sendable {
    private var events: [epoll_event]
    package private(set) var count = 0

    /// Makes room for at most `size` events.
    init(size: Int) { events = Array(repeating: epoll_event(), count: size) }

    /// Waits until there are events, and takes them.
    mutating func fill(from epoll: borrowing FileDescriptor) throws(SystemError) {
        count = Int(
            try systemCall("epoll_wait") { epoll_wait(epoll.rawValue, &events, CInt(events.count), -1) })
    }

    package func token(at index: Int) -> UInt64 { events[index].data.u64 }
    package func readiness(at index: Int) -> Readiness { Readiness(rawValue: events[index].events) }
}
