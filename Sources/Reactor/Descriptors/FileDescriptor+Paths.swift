internal import CEpoll
import Glibc

// Files by their names: making, opening, naming and removing them.
extension FileDescriptor {
    /// Makes an empty regular file for reading and writing: open(2).
    ///
    /// Its mode is 0666, or 0600 if it `isPrivate`; umask(2) applies.
    ///
    /// - Throws: `EEXIST` if the name is in use.
    package static func create(_ path: String, isPrivate: Bool = false) throws(SystemError) -> FileDescriptor
    {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY
        let mode: mode_t = isPrivate ? 0o600 : 0o666
        return FileDescriptor(owning: try systemCall("open", on: path) { Glibc.open(path, flags, mode) })
    }

    /// Opens the regular file at `path` for reading and writing; makes it, with the mode 0600, if there is none: open(2).
    ///
    /// - Throws: `ELOOP` if `path` is a symbolic link; `EACCES` if what is there belongs to another user, has another name
    ///   too, or is no regular file.
    package static func openOwn(_ path: String) throws(SystemError) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
        let file = FileDescriptor(owning: try systemCall("open", on: path) { Glibc.open(path, flags, 0o600) })
        var status = stat()
        _ = try systemCall("fstat", on: path) { fstat(file.rawValue, &status) }
        guard status.st_mode & S_IFMT == S_IFREG, status.st_uid == geteuid(), status.st_nlink == 1 else {
            throw SystemError(call: "open", subject: path, code: .accessDenied)
        }
        return file
    }

    /// Makes an empty regular file without a name, in the folder of `path`: `O_TMPFILE`, open(2).
    ///
    /// The kernel removes it with its last descriptor, however the process ends, unless `giveName` is called.
    /// Its mode is that of `create`.
    ///
    /// - Throws: `EOPNOTSUPP` or `EISDIR` if the file system does not support it.
    package static func createNameless(
        beside path: String, isPrivate: Bool = false
    ) throws(SystemError) -> FileDescriptor {
        let folder = FilePath.folder(of: path)
        return FileDescriptor(
            owning: try systemCall("open", on: folder) {
                cepoll_open_nameless(folder, isPrivate ? 0o600 : 0o666)
            })
    }

    /// Gives a nameless file the name `path`: linkat(2).
    ///
    /// - Throws: `EEXIST` if the name is in use.
    package func giveName(_ path: String) throws(SystemError) {
        let source = "/proc/self/fd/\(rawValue)"
        _ = try systemCall("linkat", on: path) {
            linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW)
        }
    }

    /// Makes an empty file in memory, without a name in any folder: memfd_create(2).
    package static func inMemory(_ name: String) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try systemCall("memfd_create") { cepoll_memory_file(name) })
    }

    /// Makes a folder with the mode 0750, to which umask(2) applies: mkdir(2).
    package static func makeFolder(_ path: String) throws(SystemError) {
        _ = try systemCall("mkdir", on: path) { mkdir(path, 0o750) }
    }

    /// Removes an empty folder, or a folder of tracefs that can be removed: rmdir(2).
    package static func removeFolder(_ path: String) throws(SystemError) {
        _ = try systemCall("rmdir", on: path) { rmdir(path) }
    }

    /// Makes a FIFO that its owner and its group may use, whatever the umask, which belongs to the process: mkfifo(3).
    ///
    /// - Throws: `EEXIST` if the name is in use.
    package static func makeFIFO(_ path: String) throws(SystemError) {
        let mask = umask(0o007)
        defer { umask(mask) }
        _ = try systemCall("mkfifo", on: path) { mkfifo(path, 0o660) }
    }

    /// Locks the open file, for as long as any descriptor of it is open: `LOCK_EX`, flock(2).
    ///
    /// - Returns: `false` if another open file of the same file has the lock.
    package func lock() throws(SystemError) -> Bool {
        try systemCallOrBlock("flock") { Int(flock(rawValue, LOCK_EX | LOCK_NB)) } != nil
    }

    /// Opens `name` in this directory: openat(2).
    package func open(_ name: String, _ mode: Mode) throws(SystemError) -> FileDescriptor {
        let flags = mode.rawValue | O_CLOEXEC | O_NOCTTY
        return FileDescriptor(
            owning: try systemCall("openat", on: name) { openat(rawValue, name, flags) })
    }

    /// The names in this directory, sorted, without `.` and `..`: readdir(3).
    package func names() throws(SystemError) -> [String] {
        // closedir(3) closes the descriptor it was given, and a new open file has its own position.
        let own = try systemCall("openat", on: ".") {
            openat(rawValue, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        }
        guard let stream = fdopendir(own) else {
            let code = Errno.current
            close(own)
            throw SystemError(call: "fdopendir", subject: "", code: code)
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// Renames a file, and replaces the file that has the new name: rename(2).
    package static func rename(_ path: String, to newPath: String) throws(SystemError) {
        _ = try systemCall("rename", on: newPath) { Glibc.rename(path, newPath) }
    }

    /// Gives a file a second name: link(2).
    ///
    /// - Throws: `EEXIST` if the name is in use.
    package static func link(_ path: String, to newPath: String) throws(SystemError) {
        _ = try systemCall("link", on: newPath) { Glibc.link(path, newPath) }
    }

    /// Removes a file's name: unlink(2).
    package static func remove(_ path: String) throws(SystemError) {
        _ = try systemCall("unlink", on: path) { unlink(path) }
    }

    /// Whether `path` is a symbolic link to a path that does not exist: lstat(2).
    package static func isDanglingLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && stat(path, &status) == -1
    }

    /// The group that the file at `path` belongs to; `nil` if that cannot be read: stat(2).
    package static func group(of path: String) -> UInt32? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_gid : nil
    }

    /// The absolute path without symbolic links of `path`, `nil` if it does not exist: realpath(3).
    package static func resolve(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}
