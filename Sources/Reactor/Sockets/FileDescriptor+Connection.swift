internal import CEpoll
import Glibc

/// Who made a connection: `SO_PEERCRED`, unix(7).
package struct PeerCredentials: Equatable, Sendable {
    package let pid: Int32
    package let uid: UInt32
    package let gid: UInt32

    package init(pid: Int32, uid: UInt32, gid: UInt32) {
        self.pid = pid
        self.uid = uid
        self.gid = gid
    }
}

extension FileDescriptor {
    /// Who made this connection.
    package func peerCredentials() throws(SystemError) -> PeerCredentials {
        var pid: pid_t = 0
        var uid: uid_t = 0
        var gid: gid_t = 0
        _ = try systemCall("getsockopt(SO_PEERCRED)") {
            cepoll_peer_credentials(rawValue, &pid, &uid, &gid)
        }
        return PeerCredentials(pid: pid, uid: uid, gid: gid)
    }

    /// The same as `connect(toSocketAt:)`, but waits for a listener that has too many others to take in first.
    ///
    /// - Throws: `EAGAIN` if that takes longer than `limit`.
    package static func connect(
        toSocketAt path: String, within limit: Duration
    ) throws(SystemError) -> FileDescriptor {
        let end = ContinuousClock.now + limit
        while true {
            do throws(SystemError) {
                return try connect(toSocketAt: path)
            } catch  where error.code == .wouldBlock && ContinuousClock.now < end {
                // No event tells that there is room again.
                usleep(5000)
            }
        }
    }

    /// Connects to the stream socket that listens at `path`: unix(7).
    ///
    /// The result does not block.
    package static func connect(toSocketAt path: String) throws(SystemError) -> FileDescriptor {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = FileDescriptor(owning: try systemCall("socket") { Glibc.socket(AF_UNIX, kind, 0) })
        try withAddress(path) { address, size throws(SystemError) in
            _ = try systemCall("connect", on: path) { Glibc.connect(socket.rawValue, address, size) }
        }
        return socket
    }
}
