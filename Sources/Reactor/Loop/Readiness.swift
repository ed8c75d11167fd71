internal import CEpoll

/// What a descriptor is watched for, and what it turned out to be ready for: epoll_ctl(2).
package struct Readiness: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    package static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    package static let writable = Readiness(rawValue: EPOLLOUT.rawValue)

    /// The other side is gone.
    ///
    /// Reported whether asked for or not.
    package static let hangUp = Readiness(rawValue: EPOLLHUP.rawValue)

    /// Something is wrong with the descriptor.
    ///
    /// Reported whether asked for or not.
    package static let error = Readiness(rawValue: EPOLLERR.rawValue)

    /// Reported once, then not again until it is armed anew.
    package static let once = Readiness(rawValue: EPOLLONESHOT.rawValue)

    /// Reported when something happens, not for as long as it is so.
    package static let edge = Readiness(rawValue: EPOLLET.rawValue)
}
