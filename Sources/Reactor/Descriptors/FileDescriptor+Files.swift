internal import CEpoll
import Glibc

extension FileDescriptor {
    /// Makes an empty regular file for reading and writing: open(2).
    ///
    /// Whom it may be read by is for umask(2) to say.
    ///
    /// - Throws: `EEXIST` if anything has the name.
    package static func create(_ path: String) throws(SystemError) -> FileDescriptor {
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY
        return FileDescriptor(owning: try systemCall("open", on: path) { Glibc.open(path, flags, 0o666) })
    }

    /// Makes an empty regular file that has no name yet, in the folder of `path`: `O_TMPFILE`, open(2).
    ///
    /// It goes with its last descriptor, whatever ends the process, unless `giveName` is called.
    ///
    /// - Throws: `EOPNOTSUPP` or `EISDIR` where the file system cannot.
    package static func createNameless(besides path: String) throws(SystemError) -> FileDescriptor {
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        return FileDescriptor(
            owning: try systemCall("open", on: folder) { cepoll_open_nameless(folder, 0o666) })
    }

    /// Gives a file that has no name one that nothing has: linkat(2).
    package func giveName(_ path: String) throws(SystemError) {
        let source = "/proc/self/fd/\(rawValue)"
        _ = try systemCall("linkat", on: path) {
            linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW)
        }
    }

    /// Makes an empty file that has no name and lies in memory: memfd_create(2).
    package static func inMemory(_ name: String) throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try systemCall("memfd_create") { cepoll_memory_file(name) })
    }

    /// Opens `name` in this directory: openat(2).
    package func open(_ name: String, _ mode: Mode) throws(SystemError) -> FileDescriptor {
        let flags = mode.rawValue | O_CLOEXEC | O_NOCTTY
        return FileDescriptor(
            owning: try systemCall("openat", on: name) { openat(rawValue, name, flags) })
    }

    /// The names in this directory, sorted, without `.` and `..`: readdir(3).
    package func names() throws(SystemError) -> [String] {
        // closedir(3) closes what it was given, and the position is its own.
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

    /// Bytes of a regular file: fstat(2).
    package func size() throws(SystemError) -> Int {
        var status = stat()
        _ = try systemCall("fstat") { fstat(rawValue, &status) }
        return Int(status.st_size)
    }

    /// Whether both are the same file, under whatever names: fstat(2).
    package func isSameFile(as other: borrowing FileDescriptor) throws(SystemError) -> Bool {
        var (mine, others) = (stat(), stat())
        _ = try systemCall("fstat") { fstat(rawValue, &mine) }
        _ = try systemCall("fstat") { fstat(other.rawValue, &others) }
        return mine.st_dev == others.st_dev && mine.st_ino == others.st_ino
    }

    /// Fills `buffer` from `offset` on: pread(2).
    ///
    /// - Returns: Bytes read, fewer than asked for only at the end of the file.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        var filled = 0
        while filled < buffer.count {
            let count = try systemCall("pread") {
                pread(
                    rawValue, buffer.baseAddress?.advanced(by: filled), buffer.count - filled, offset + filled
                )
            }
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// The same into an array.
    package func read(_ count: Int, at offset: Int) throws(SystemError) -> [UInt8] {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer { buffer.deallocate() }
        return Array(buffer[..<(try read(into: buffer, at: offset))])
    }

    /// Writes all of `bytes` at `offset`: pwrite(2).
    package func write(_ bytes: [UInt8], at offset: Int) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try systemCall("pwrite") {
                bytes[written...].withUnsafeBytes {
                    pwrite(rawValue, $0.baseAddress, $0.count, offset + written)
                }
            }
        }
    }

    /// Writes all of `bytes` where the last write ended, waiting as long as it takes: write(2).
    package func writeAll(_ bytes: [UInt8]) throws(SystemError) {
        var written = 0
        while written < bytes.count {
            written += try systemCall("write") {
                bytes[written...].withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
            }
        }
    }

    /// Makes the file `size` bytes long: ftruncate(2).
    package func truncate(to size: Int) throws(SystemError) {
        _ = try systemCall("ftruncate") { ftruncate(rawValue, size) }
    }

    /// Starts at the beginning again: lseek(2).
    package func rewind() throws(SystemError) {
        _ = try systemCall("lseek") { lseek(rawValue, 0, SEEK_SET) }
    }

    /// Lets the kernel copy at most `count` bytes from one regular file to another: copy_file_range(2), or sendfile(2)
    /// where that cannot, as between two file systems.
    ///
    /// - Returns: Bytes copied; 0 at the end of this file.
    package func copy(
        _ count: Int, from offset: Int, to target: borrowing FileDescriptor, at targetOffset: Int
    ) throws(SystemError) -> Int {
        do throws(SystemError) {
            let copied = try systemCall("copy_file_range") {
                cepoll_copy_file_range(rawValue, off_t(offset), target.rawValue, off_t(targetOffset), count)
            }
            // Some file systems say 0 where they cannot.
            if copied > 0 { return copied }
        } catch {
            let refusals = [EXDEV, EINVAL, EOPNOTSUPP, ENOSYS]
            guard refusals.contains(error.code.rawValue) else { throw error }
        }
        _ = try systemCall("lseek") { lseek(target.rawValue, targetOffset, SEEK_SET) }
        return try systemCall("sendfile") {
            cepoll_send_file(target.rawValue, rawValue, off_t(offset), count)
        }
    }

    /// Gives a file another name, in the place of the file that has it: rename(2).
    package static func rename(_ path: String, to newPath: String) throws(SystemError) {
        _ = try systemCall("rename", on: newPath) { Glibc.rename(path, newPath) }
    }

    /// Gives a file another name that nothing has: link(2).
    package static func link(_ path: String, to newPath: String) throws(SystemError) {
        _ = try systemCall("link", on: newPath) { Glibc.link(path, newPath) }
    }

    /// Whether `path` is a symbolic link to nothing: lstat(2).
    package static func isDanglingLink(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && stat(path, &status) == -1
    }

    /// Waits until all that was written is on the disk: fsync(2).
    package func sync() throws(SystemError) { _ = try systemCall("fsync") { fsync(rawValue) } }

    /// Takes a file's name away: unlink(2).
    package static func remove(_ path: String) throws(SystemError) {
        _ = try systemCall("unlink", on: path) { unlink(path) }
    }
}
