internal import CEpoll
import Glibc

/// A local stream socket that listens for connections: unix(7).
package final class LocalSocket: Sendable {
    package let descriptor: FileDescriptor
    /// The path to remove at the end; `nil` for an adopted socket, which another process made.
    private let path: String?

    /// Adopts a socket that already listens, and makes it non-blocking.
    package init(adopting descriptor: consuming FileDescriptor) throws(SystemError) {
        try descriptor.setStatusFlags(try descriptor.statusFlags().union(.nonBlocking))
        self.descriptor = descriptor
        path = nil
    }

    /// Makes a socket at `path` that `owner` and its group may connect to.
    ///
    /// The folder is made if it does not exist. Only the caller may be able to write to it: another process
    /// with that right could redirect the changes of owner and mode to another file. A socket at `path` is
    /// replaced. The caller must know that no process listens at it: a test connection could start a service.
    ///
    /// - Throws: `EEXIST` if `path` is not a socket.
    package init(at path: String, for owner: User) throws(SystemError) {
        try Self.makeFolder(of: path)
        try Self.removeStale(path)
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = FileDescriptor(owning: try systemCall("socket") { Glibc.socket(AF_UNIX, kind, 0) })
        // No process may connect before the owner and the mode are set.
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

    // If the process may not remove the path, the next socket there replaces it.
    deinit { if let path { unlink(path) } }

    private static func makeFolder(of path: String) throws(SystemError) {
        guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
        let folder = String(path[..<slash])
        if mkdir(folder, 0o755) == -1 {
            let code = Errno.current
            if code == .exists { return }
            throw SystemError(call: "mkdir", subject: folder, code: code)
        }
        // Independent of the umask: clients have to reach the socket.
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

    /// The next pending connection, non-blocking; `nil` if there is none: accept4(2).
    package func accept() throws(SystemError) -> FileDescriptor? {
        let connection = try systemCallOrBlock("accept4") { cepoll_accept(descriptor.rawValue) }
        return connection.map { FileDescriptor(owning: $0) }
    }
}
