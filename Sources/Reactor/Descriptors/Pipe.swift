internal import CEpoll
import Glibc

/// A pipe with both ends non-blocking: pipe(7).
package struct Pipe: ~Copyable, Sendable {
    package let readEnd: FileDescriptor
    package let writeEnd: FileDescriptor

    /// Bytes that the pipe holds, a whole number of memory pages: at least the size that was asked for.
    package let capacity: Int

    /// Makes a pipe that holds at least `size` bytes: pipe2(2), `F_SETPIPE_SZ` of fcntl(2).
    ///
    /// - Throws: `EPERM` if the size is above `/proc/sys/fs/pipe-max-size`, or the user's pipes above their
    ///   limit, and the process lacks the capability to exceed them: pipe(7).
    package init(size: Int) throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        _ = try systemCall("pipe2") { cepoll_pipe2(&ends, O_CLOEXEC | O_NONBLOCK) }
        let readEnd = FileDescriptor(owning: ends[0])
        let writeEnd = FileDescriptor(owning: ends[1])
        _ = try systemCall("fcntl(F_SETPIPE_SZ)", on: "\(size)") {
            cepoll_set_pipe_size(writeEnd.rawValue, CInt(size))
        }
        capacity = Int(try systemCall("fcntl(F_GETPIPE_SZ)") { cepoll_get_pipe_size(writeEnd.rawValue) })
        self.readEnd = readEnd
        self.writeEnd = writeEnd
    }
}
