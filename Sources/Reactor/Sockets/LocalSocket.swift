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
    /// The folder is made if it does not exist. A socket at `path` is replaced. The caller must know that no process
    /// listens at it: a test connection could start a service. It must be the only thread: the umask, which belongs to the
    /// process, is changed meanwhile.
    ///
    /// - Throws: `.untrusted` if a user other than root and the caller could replace the socket or a folder on its path;
    ///   `EEXIST` if `path` is not a socket.
    package init(at path: String, for owner: User) throws(TrustedFolder.Problem) {
        let (folder, name) = (FilePath.folder(of: path), FilePath.name(of: path))
        try Self.makeFolder(folder)
        let trusted = try TrustedFolder(folder)
        let place = trusted.path == "/" ? "/\(name)" : "\(trusted.path)/\(name)"
        do throws(SystemError) {
            try Self.removeStale(place)
            descriptor = try Self.bind(at: place, for: owner)
        } catch {
            throw .failed(error)
        }
        self.path = place
    }

    /// Binds a socket, then gives it to `owner`, then listens: no process can connect before that.
    private static func bind(at path: String, for owner: User) throws(SystemError) -> FileDescriptor {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let socket = FileDescriptor(owning: try systemCall("socket") { Glibc.socket(AF_UNIX, kind, 0) })
        // The socket's mode is 0660 from the start, so it is never changed by its path.
        let mask = umask(0o117)
        defer { umask(mask) }
        try withAddress(path) { address, size throws(SystemError) in
            _ = try systemCall("bind", on: path) { Glibc.bind(socket.rawValue, address, size) }
        }
        do throws(SystemError) {
            try give(path, to: owner)
            _ = try systemCall("listen", on: path) { listen(socket.rawValue, 128) }
        } catch {
            unlink(path)
            throw error
        }
        return socket
    }

    /// Changes the owner of the socket at `path`, and of nothing else: of what was opened, not of what the path leads to
    /// a moment later.
    private static func give(_ path: String, to owner: User) throws(SystemError) {
        let bound = FileDescriptor(
            owning: try systemCall("open", on: path) { cepoll_open_path(path) })
        var status = stat()
        _ = try systemCall("fstat", on: path) { fstat(bound.rawValue, &status) }
        guard status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid() else {
            throw SystemError(call: "bind", subject: path, code: .exists)
        }
        _ = try systemCall("fchownat", on: path) {
            cepoll_change_owner(bound.rawValue, owner.uid, owner.gid)
        }
    }

    // If the process may not remove the path, the next socket there replaces it.
    deinit { if let path { unlink(path) } }

    private static func makeFolder(_ folder: String) throws(TrustedFolder.Problem) {
        var status = stat()
        if stat(folder, &status) == 0 { return }
        _ = try TrustedFolder(FilePath.folder(of: folder))
        // Clients have to reach the socket, whatever the umask of the process.
        let mask = umask(0o022)
        let result = mkdir(folder, 0o755)
        let code = Errno.current
        umask(mask)
        if result == -1, code != .exists {
            throw .failed(SystemError(call: "mkdir", subject: folder, code: code))
        }
    }

    private static func removeStale(_ path: String) throws(SystemError) {
        var status = stat()
        if lstat(path, &status) == -1 {
            let code = Errno.current
            if code == .noEntry { return }
            throw SystemError(call: "lstat", subject: path, code: code)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw SystemError(call: "bind", subject: path, code: .exists)
        }
        unlink(path)
    }

    /// The next pending connection, non-blocking; `nil` if there is none: accept4(2).
    package func accept() throws(SystemError) -> FileDescriptor? {
        let connection = try systemCallOrBlock("accept4") { cepoll_accept(descriptor.rawValue) }
        return connection.map { FileDescriptor(owning: $0) }
    }
}
