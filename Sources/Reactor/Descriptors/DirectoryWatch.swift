internal import CEpoll
import Glibc

/// Becomes readable when names come into a directory: inotify(7).
package struct DirectoryWatch: ~Copyable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) {
        let flags = CInt(IN_CLOEXEC | IN_NONBLOCK)
        descriptor = FileDescriptor(owning: try systemCall("inotify_init1") { inotify_init1(flags) })
    }

    /// Starts watching `directory`; once more is no harm.
    ///
    /// - Parameter forNewNamesOnly: Leaves out that something there has become accessible.
    /// - Returns: `false` if there is none.
    package func add(_ directory: String, forNewNamesOnly: Bool = false) throws(SystemError) -> Bool {
        let events = UInt32(IN_CREATE | IN_MOVED_TO | IN_ONLYDIR) | (forNewNamesOnly ? 0 : UInt32(IN_ATTRIB))
        do throws(SystemError) {
            _ = try systemCall("inotify_add_watch", on: directory) {
                inotify_add_watch(descriptor.rawValue, directory, events)
            }
            return true
        } catch  where error.code == .noEntry || error.code == .notADirectory {
            return false
        }
    }

    /// Forgets what has happened until now; whether anything has.
    package func drain() throws(SystemError) -> Bool {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer throws(SystemError) in
            var hasChanged = false
            while let count = try descriptor.read(into: buffer), count > 0 { hasChanged = true }
            return hasChanged
        }
    }
}
