internal import CEpoll
import Glibc

/// A descriptor that becomes readable once a process has written to a watched file: inotify(7), `IN_MODIFY`.
///
/// It reports write(2) and truncation, whoever does them and by whichever name, but not changes by the kernel itself.
package struct WriteWatch: ~Copyable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) { descriptor = try .inotify() }

    /// Starts watching the file at `path`: inotify_add_watch(2).
    ///
    /// - Returns: What names the file in `drain`.
    /// - Throws: `ENOENT` if there is no such file, `EACCES` if it cannot be read, `ENOSPC` beyond the user's limit,
    ///   `/proc/sys/fs/inotify/max_user_watches`.
    package func add(_ path: String) throws(SystemError) -> Int32 {
        try systemCall("inotify_add_watch", on: path) {
            inotify_add_watch(descriptor.rawValue, path, UInt32(IN_MODIFY))
        }
    }

    /// Reads the events up to now: the files that were written to.
    package func drain() throws(SystemError) -> Set<Int32> {
        var written: Set<Int32> = []
        try descriptor.readEvents { written.insert($0) }
        return written
    }
}
