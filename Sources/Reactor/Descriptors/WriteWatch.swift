internal import CEpoll
import Glibc

/// A descriptor that becomes readable once a process has written to a watched file: inotify(7), `IN_MODIFY`.
///
/// It reports write(2) and truncation, whoever does them and by whichever name, but not changes by the kernel itself.
package struct WriteWatch: ~Copyable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) {
        let flags = CInt(IN_CLOEXEC | IN_NONBLOCK)
        descriptor = FileDescriptor(owning: try systemCall("inotify_init1") { inotify_init1(flags) })
    }

    /// Starts watching the file at `path`: inotify_add_watch(2).
    ///
    /// - Throws: `ENOENT` if there is no such file, `EACCES` if it cannot be read, `ENOSPC` beyond the user's limit,
    ///   `/proc/sys/fs/inotify/max_user_watches`.
    package func add(_ path: String) throws(SystemError) {
        _ = try systemCall("inotify_add_watch", on: path) {
            inotify_add_watch(descriptor.rawValue, path, UInt32(IN_MODIFY))
        }
    }

    /// Discards the events up to now, and returns whether there were any.
    package func drain() throws(SystemError) -> Bool { try descriptor.discardEvents() }
}

extension FileDescriptor {
    /// Discards the inotify events up to now, and returns whether there were any.
    func discardEvents() throws(SystemError) -> Bool {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer throws(SystemError) in
            var hadEvents = false
            while let count = try read(into: buffer), count > 0 { hadEvents = true }
            return hadEvents
        }
    }
}
