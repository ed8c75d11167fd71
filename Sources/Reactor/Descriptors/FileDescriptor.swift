internal import CEpoll
import Glibc

/// A file descriptor with one owner; it is closed when the owner drops it, and only then.
package struct FileDescriptor: ~Copyable, Sendable {
    package let rawValue: CInt

    package init(owning rawValue: CInt) { self.rawValue = rawValue }

    deinit {
        // Never retried: Linux frees the number even if close(2) reports EINTR.
        if close(rawValue) == -1 { assert(errno != EBADF, "fd \(rawValue) closed behind its owner") }
    }
}

extension FileDescriptor {
    /// How a file is opened: open(2) flags; `O_CLOEXEC` and `O_NOCTTY` are always added.
    package struct Mode: OptionSet, Sendable {
        package let rawValue: CInt
        package init(rawValue: CInt) { self.rawValue = rawValue }

        package static let readOnly = Mode(rawValue: O_RDONLY)
        package static let writeOnly = Mode(rawValue: O_WRONLY)
        package static let readWrite = Mode(rawValue: O_RDWR)
        package static let nonBlocking = Mode(rawValue: O_NONBLOCK)
        package static let directory = Mode(rawValue: O_RDONLY | O_DIRECTORY)
        /// A symbolic link is not followed: `ELOOP`.
        package static let noLink = Mode(rawValue: O_NOFOLLOW)
        /// The file is emptied when it is opened.
        package static let truncating = Mode(rawValue: O_TRUNC)
    }

    /// Opens `path`: open(2).
    package static func open(_ path: String, _ mode: Mode) throws(SystemError) -> FileDescriptor {
        let flags = mode.rawValue | O_CLOEXEC | O_NOCTTY
        return FileDescriptor(owning: try systemCall("open", on: path) { Glibc.open(path, flags) })
    }

    /// Another descriptor of the same open file: fcntl(2), `F_DUPFD_CLOEXEC`.
    package func duplicate() throws(SystemError) -> FileDescriptor {
        FileDescriptor(owning: try systemCall("fcntl") { fcntl(rawValue, F_DUPFD_CLOEXEC, 0) })
    }

    /// Reads once into `buffer`: read(2).
    ///
    /// - Returns: Bytes read, 0 at the end of the file, `nil` if the call would block.
    package func read(into buffer: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int? {
        try systemCallOrBlock("read") { Glibc.read(rawValue, buffer.baseAddress, buffer.count) }
    }

    /// Writes once from `bytes`: write(2).
    ///
    /// - Returns: Bytes written, possibly fewer than given; `nil` if the call would block.
    package func write(_ bytes: UnsafeRawBufferPointer) throws(SystemError) -> Int? {
        try systemCallOrBlock("write") { Glibc.write(rawValue, bytes.baseAddress, bytes.count) }
    }

    /// Writes once from an array: write(2).
    ///
    /// - Returns: Bytes written, possibly fewer than given; `nil` if the call would block.
    package func write(_ bytes: [UInt8]) throws(SystemError) -> Int? {
        try systemCallOrBlock("write") { Glibc.write(rawValue, bytes, bytes.count) }
    }

    /// Writes `text` at the start of a control file, such as a file of tracefs: pwrite(2).
    package func overwrite(with text: String) throws(SystemError) {
        let bytes = Array(text.utf8)
        _ = try systemCall("pwrite") { pwrite(rawValue, bytes, bytes.count, 0) }
    }

    /// The first `limit` bytes of a control file; earlier reads have no effect on the result: pread(2).
    package func contents(limit: Int = 4096) throws(SystemError) -> String {
        try withUnsafeTemporaryAllocation(byteCount: limit, alignment: 1) { buffer throws(SystemError) in
            let count = try systemCall("pread") { pread(rawValue, buffer.baseAddress, limit, 0) }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    /// The next bytes, at most `count` and at most 64 KiB: read(2).
    ///
    /// - Returns: No bytes at the end of the file, or if the call would block.
    package func readSome(_ count: Int) throws(SystemError) -> [UInt8] {
        try withUnsafeTemporaryAllocation(byteCount: min(count, 1 << 16), alignment: 1) {
            buffer throws(SystemError) in
            Array(buffer[..<(try read(into: buffer) ?? 0)])
        }
    }

    /// The bytes from the file offset to the end, at most `limit`: read(2).
    ///
    /// It reads repeatedly, because one read of a file of proc(5) may return only a part of it.
    package func readToEnd(limit: Int) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        while bytes.count < limit {
            let more = try readSome(limit - bytes.count)
            if more.isEmpty { break }
            bytes += more
        }
        return bytes
    }

    /// The text from the file offset to the end, at most 16 MiB: read(2).
    package func readTextToEnd() throws(SystemError) -> String {
        String(decoding: try readToEnd(limit: 16 << 20), as: UTF8.self)
    }

    /// Moves at most `length` bytes to `sink` without copying them to user space: splice(2).
    ///
    /// One of the two must be a pipe. The call never blocks if both are non-blocking. `SPLICE_F_NONBLOCK`,
    /// which is always set, is enough for pipes only.
    ///
    /// - Returns: Bytes moved, 0 at the end of the input, `nil` if the call would block.
    package func splice(to sink: borrowing FileDescriptor, length: Int) throws(SystemError) -> Int? {
        try systemCallOrBlock("splice") { cepoll_splice(rawValue, sink.rawValue, length) }
    }

    /// The number of bytes that wait in a pipe, socket or FIFO: `FIONREAD`, ioctl(2).
    package func bytesToRead() throws(SystemError) -> Int {
        var bytes: CInt = 0
        _ = try systemCall("ioctl(FIONREAD)") { cepoll_bytes_to_read(rawValue, &bytes) }
        return Int(bytes)
    }

    /// Makes this descriptor number refer to the open file of `other`, and closes the previous one: dup3(2).
    ///
    /// The exchange is atomic: no thread that uses the number finds it closed. An epoll instance stops
    /// watching the previous open file.
    package func replace(with other: consuming FileDescriptor) throws(SystemError) {
        _ = try systemCall("dup3") { cepoll_dup3(other.rawValue, rawValue) }
    }
}
