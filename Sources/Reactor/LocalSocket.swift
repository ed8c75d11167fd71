internal import CEpoll
import Glibc

/// A socket of this machine that listens for connections: unix(7).
package final class LocalSocket: Sendable {
    package let descriptor: FileDescriptor
    /// Where it was made; `nil` if somebody else made it.
    private let path: String?

    /// Takes over a socket that listens already; it no longer blocks.
    package init(adopting descriptor: consuming FileDescriptor) throws(SystemError) {
        try descriptor.setStatusFlags(try descriptor.statusFlags().union(.nonBlocking))
        self.descriptor = descriptor
        path = nil
    }

    /// Makes one at `path` that `owner` and its group may connect to.
    ///
    /// Its folder is made if need be, and is nobody's but the caller's: who could write there could turn what is done
    /// to the socket against another file. A socket that is there is replaced: whether somebody listens at it the caller
    /// knows, because asking it would start a service.
    ///
    /// - Throws: `EEXIST` if it is something else.
    package init(at path: String, for owner: User) throws(SystemError) {
        try Self.makeFolder(of: path)
        try Self.removeStale(path)
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = FileDescriptor(owning: try systemCall("socket") { Glibc.socket(AF_UNIX, kind, 0) })
        // Nobody is let in before the owner is right.
        let mask = umask(0o777)
        defer { umask(mask) }
        try withAddress(path) { address, size throws(SystemError) in
            _ = try systemCall("bind", on: path) { bind(socket.rawValue, address, size) }
        }
        do throws(SystemError) {
            _ = try systemCall("chown", on: path) { chown(path, owner.uid, owner.gid) }
            _ = try systemCall("chmod", on: path) { chmod(path, 0o660) }
            _ = try systemCall("listen", on: path) { listen(socket.rawValue, 128) }
        } catch {
            unlink(path)
            throw error
        }
        descriptor = socket
        self.path = path
    }

    // Whoever may not remove it leaves it for the next one to replace.
    deinit { if let path { unlink(path) } }

    private static func makeFolder(of path: String) throws(SystemError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let folder = String(path[..<slash])
        if mkdir(folder, 0o755) == -1 {
            let code = Errno.current
            if code == .exists { return }
            throw SystemError(call: "mkdir", subject: folder, code: code)
        }
        // Whatever the umask is, those who may connect have to get there.
        _ = try systemCall("chmod", on: folder) { chmod(folder, 0o755) }
    }

    private static func removeStale(_ path: String) throws(SystemError) {
        do throws(SystemError) {
            guard case .socket = try FileDescriptor.Kind(of: path) else {
                throw SystemError(call: "bind", subject: path, code: .exists)
            }
        } catch  where error.code == .noEntry {
            return
        }
        unlink(path)
    }

    /// The next connection that waits, `nil` if there is none; it does not block.
    package func accept() throws(SystemError) -> FileDescriptor? {
        let connection = try systemCallOrBlock("accept4") { cepoll_accept(descriptor.rawValue) }
        return connection.map { FileDescriptor(owning: $0) }
    }
}

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

    /// Reads up to the first newline, which is left out.
    ///
    /// - Returns: `nil` if it does not come within `limit`.
    /// - Throws: `EPIPE` if the other side closes before, `EMSGSIZE` if it is longer than 16 MiB.
    package func readLine(within limit: Duration) throws(SystemError) -> String? {
        let end = ContinuousClock.now + limit
        var line: [UInt8] = []
        while true {
            guard poll(self, or: self, timeout: max(.zero, end - .now)) != .neither else { return nil }
            let isWhole = try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) {
                buffer throws(SystemError) in
                guard let count = try read(into: buffer) else { return false }
                if count == 0 { throw SystemError(call: "read", subject: "", code: .brokenPipe) }
                line += buffer[..<count].prefix { $0 != UInt8(ascii: "\n") }
                return buffer[..<count].contains(UInt8(ascii: "\n"))
            }
            if line.count > 16 << 20 {
                throw SystemError(call: "read", subject: "", code: Errno(rawValue: EMSGSIZE))
            }
            if isWhole { return String(decoding: line, as: UTF8.self) }
        }
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
