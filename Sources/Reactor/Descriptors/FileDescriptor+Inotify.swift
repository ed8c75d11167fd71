internal import CEpoll
import Glibc

// inotify(7): what `DirectoryWatch` and `WriteWatch` share.
extension FileDescriptor {
    /// Makes a non-blocking inotify instance: inotify_init1(2).
    static func inotify() throws(SystemError) -> FileDescriptor {
        let flags = CInt(IN_CLOEXEC | IN_NONBLOCK)
        return FileDescriptor(owning: try systemCall("inotify_init1") { inotify_init1(flags) })
    }

    /// Reads the inotify events up to now, and hands the watch of each to `body`.
    func readEvents(_ body: (Int32) -> Void) throws(SystemError) {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 8) { buffer throws(SystemError) in
            while let count = try read(into: buffer), count > 0 {
                var offset = 0
                while offset < count {
                    let event = buffer.load(fromByteOffset: offset, as: inotify_event.self)
                    body(event.wd)
                    offset += MemoryLayout<inotify_event>.size + Int(event.len)
                }
            }
        }
    }
}
