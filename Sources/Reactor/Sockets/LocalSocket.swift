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
