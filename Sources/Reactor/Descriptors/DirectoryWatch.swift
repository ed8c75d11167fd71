internal import CEpoll
import Glibc

/// A descriptor that becomes readable when a name appears in a watched directory: inotify(7).
package struct DirectoryWatch: ~Copyable {
    package let descriptor: FileDescriptor

    package init() throws(SystemError) { descriptor = try .inotify() }

    /// Starts watching `directory`; watching it again has no effect: inotify_add_watch(2).
    ///
    /// The removal of the directory is always reported.
    ///
    /// - Parameter forNewNamesOnly: Leaves out changed attributes, which can make a file accessible.
    /// - Returns: `false` if there is no such directory.
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

    /// Discards the events up to now, and returns whether there were any.
    package func drain() throws(SystemError) -> Bool {
        var hadEvents = false
        try descriptor.readEvents { _ in hadEvents = true }
        return hadEvents
    }
}
