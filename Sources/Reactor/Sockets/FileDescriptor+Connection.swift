internal import CEpoll
import Glibc

extension FileDescriptor {
    /// The process, user and group that made this connection: `SO_PEERCRED`, getsockopt(2).
    package func peerCredentials() throws(SystemError) -> PeerCredentials {
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        _ = try systemCall("getsockopt(SO_PEERCRED)") {
            cepoll_peer_credentials(rawValue, &pid, &uid, &gid)
        }
        return PeerCredentials(pid: pid, uid: uid, gid: gid)
    }

    /// Connects to the stream socket at `path`, and waits while its queue of connections is full: unix(7).
    ///
    /// The result is non-blocking.
    ///
    /// - Throws: `EAGAIN` if the queue is still full after `limit`.
    package static func connect(
        toSocketAt path: String, within limit: Duration
    ) throws(SystemError) -> FileDescriptor {
        let end = ContinuousClock.now + limit
        while true {
            do throws(SystemError) {
                return try connect(toSocketAt: path)
            } catch  where error.code == .wouldBlock && ContinuousClock.now < end {
                // No event reports that the queue has room again.
                usleep(5000)
            }
        }
    }

    /// Connects to the stream socket that listens at `path`: unix(7).
    ///
    /// The result is non-blocking.
    ///
    /// - Throws: `EAGAIN` if the listener's queue of connections is full.
    package static func connect(toSocketAt path: String) throws(SystemError) -> FileDescriptor {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = FileDescriptor(owning: try systemCall("socket") { Glibc.socket(AF_UNIX, kind, 0) })
        try withAddress(path, for: "connect") { address, size throws(SystemError) in
            _ = try systemCall("connect", on: path) { Glibc.connect(socket.rawValue, address, size) }
        }
        return socket
    }
}
