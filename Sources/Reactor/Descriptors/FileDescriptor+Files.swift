internal import CEpoll
import Glibc

// Regular files: their size, offset and contents.
extension FileDescriptor {
    /// The size of a regular file in bytes: fstat(2).
    package func size() throws(SystemError) -> Int {
        var status = stat()
        _ = try systemCall("fstat") { fstat(rawValue, &status) }
        return Int(status.st_size)
    }

    /// Bytes that this user may still write to the file's file system: fstatvfs(3).
    package func freeBytes() throws(SystemError) -> Int {
        var status = statvfs()
        _ = try systemCall("fstatvfs") { fstatvfs(rawValue, &status) }
        return Int(clamping: UInt64(status.f_bavail) * UInt64(status.f_frsize))
    }

    /// What two descriptors of the same file have in common, under any name.
    package struct Identity: Hashable, Sendable {
        private let device: dev_t
        private let inode: ino_t

        fileprivate init(_ status: stat) {
            device = status.st_dev
            inode = status.st_ino
        }
    }

    /// The identity of the file: fstat(2).
    package func identity() throws(SystemError) -> Identity {
        var status = stat()
        _ = try systemCall("fstat") { fstat(rawValue, &status) }
        return Identity(status)
    }

    /// The group that owns the file: fstat(2).
    package func group() throws(SystemError) -> UInt32 {
        var status = stat()
        _ = try systemCall("fstat") { fstat(rawValue, &status) }
        return status.st_gid
    }

    /// Gives the file to a user and a group: fchown(2).
    ///
    /// If it is the user's already, it gets the group only if that is permitted: its owner does not need it.
    package func change(owner: UInt32, group: UInt32) throws(SystemError) {
        let isOwned = try self.owner() == owner
        do throws(SystemError) {
            _ = try systemCall("fchown") { fchown(rawValue, owner, group) }
        } catch  where error.code == .notPermitted && isOwned {
        }
    }

    /// The user that owns the file: fstat(2).
    package func owner() throws(SystemError) -> UInt32 {
        var status = stat()
        _ = try systemCall("fstat") { fstat(rawValue, &status) }
        return status.st_uid
    }

    /// Whether both descriptors refer to the same file, under any name: fstat(2).
    package func isSameFile(as other: borrowing FileDescriptor) throws(SystemError) -> Bool {
        try identity() == other.identity()
    }

    /// Whether another file has the name `path` now: fstat(2), stat(2).
    ///
    /// A name that does not exist is no other file.
    package func isReplaced(at path: String) -> Bool {
        var (mine, others) = (stat(), stat())
        guard stat(path, &others) == 0, fstat(rawValue, &mine) == 0 else { return false }
        return mine.st_dev != others.st_dev || mine.st_ino != others.st_ino
    }

    /// Fills `buffer` with the bytes from `offset` on: pread(2).
    ///
    /// - Returns: Bytes read, fewer than the buffer holds only at the end of the file.
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

    /// The `count` bytes from `offset` on, fewer only at the end of the file: pread(2).
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

    /// Writes all of `bytes` at the file offset, however long that blocks: write(2).
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

    /// Moves the file offset to the start of the file: lseek(2).
    package func rewind() throws(SystemError) {
        _ = try systemCall("lseek") { lseek(rawValue, 0, SEEK_SET) }
    }

    /// Moves the file offset to the end of the file: lseek(2).
    package func seekToEnd() throws(SystemError) {
        _ = try systemCall("lseek") { lseek(rawValue, 0, SEEK_END) }
    }

    /// Copies at most `count` bytes from one regular file to another inside the kernel: copy_file_range(2).
    ///
    /// If that is not possible, for instance between two file systems, it uses sendfile(2), which moves the
    /// file offset of `target`.
    ///
    /// - Returns: Bytes copied; 0 at the end of this file.
    package func copy(
        _ count: Int, from offset: Int, to target: borrowing FileDescriptor, at targetOffset: Int
    ) throws(SystemError) -> Int {
        do throws(SystemError) {
            let copied = try systemCall("copy_file_range") {
                cepoll_copy_file_range(rawValue, off_t(offset), target.rawValue, off_t(targetOffset), count)
            }
            // Some file systems return 0 instead of an error if they cannot copy.
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

    /// Waits until everything written to the file is on the disk: fsync(2).
    package func sync() throws(SystemError) { _ = try systemCall("fsync") { fsync(rawValue) } }
}
