internal import CEpoll
import Glibc
import Synchronization

/// A pipe with both ends non-blocking: pipe(7).
package final class Pipe: Sendable {
    package let readEnd: FileDescriptor
    package let writeEnd: FileDescriptor
    private let size: Atomic<Int>

    /// Makes a pipe that holds at least `size` bytes: pipe2(2), `F_SETPIPE_SZ` of fcntl(2).
    ///
    /// - Throws: `EPERM` if the size is above `/proc/sys/fs/pipe-max-size`, or the user's pipes above their
    ///   limit, and the process lacks the capability to exceed them: pipe(7).
    package init(size: Int) throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        _ = try systemCall("pipe2") { cepoll_pipe2(&ends, O_CLOEXEC | O_NONBLOCK) }
        readEnd = FileDescriptor(owning: ends[0])
        writeEnd = FileDescriptor(owning: ends[1])
        self.size = Atomic(0)
        try resize(to: size)
    }

    /// Adopts both ends of a pipe that another process has made.
    package init(adopting readEnd: consuming FileDescriptor, _ writeEnd: consuming FileDescriptor)
        throws(SystemError)
    {
        let capacity = try Self.capacity(of: writeEnd)
        try readEnd.setStatusFlags(.nonBlocking)
        try writeEnd.setStatusFlags(.nonBlocking)
        self.readEnd = readEnd
        self.writeEnd = writeEnd
        size = Atomic(capacity)
    }

    /// Bytes that the pipe holds, a whole number of memory pages: at least the size that was asked for.
    package var capacity: Int { size.load(ordering: .relaxed) }

    /// Makes it hold at least `size` bytes: `F_SETPIPE_SZ` of fcntl(2).
    ///
    /// - Throws: `EBUSY` if it contains more; `EPERM` as `init(size:)`.
    package func resize(to size: Int) throws(SystemError) {
        _ = try systemCall("fcntl(F_SETPIPE_SZ)", on: "\(size)") {
            cepoll_set_pipe_size(writeEnd.rawValue, CInt(size))
        }
        self.size.store(try Self.capacity(of: writeEnd), ordering: .relaxed)
    }

    private static func capacity(of end: borrowing FileDescriptor) throws(SystemError) -> Int {
        Int(try systemCall("fcntl(F_GETPIPE_SZ)") { cepoll_get_pipe_size(end.rawValue) })
    }
}
