internal import CEpoll

/// The events that a descriptor is watched for, or is ready for: epoll_ctl(2).
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)

    /// The other side has hung up; always reported.
    package static let hangUp = Readiness(rawValue: EPOLLHUP.rawValue)

    /// The descriptor is in error; always reported.
    package static let error = Readiness(rawValue: EPOLLERR.rawValue)

    /// Reports one event, then none until `rearm` is called.
    package static let once = Readiness(rawValue: EPOLLONESHOT.rawValue)

    /// Edge-triggered: reports a change of readiness once, not as long as the descriptor is ready.
    package static let edge = Readiness(rawValue: EPOLLET.rawValue)
}
