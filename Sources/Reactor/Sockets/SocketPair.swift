internal import CEpoll
import Glibc

/// Both ends of a connection, close-on-exec; they block: socketpair(2).
package struct SocketPair: ~Copyable {
    package let near: FileDescriptor
    package let far: FileDescriptor

    package init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        _ = try systemCall("socketpair") { socketpair(AF_UNIX, kind, 0, &ends) }
        near = FileDescriptor(owning: ends[0])
        far = FileDescriptor(owning: ends[1])
    }

    /// The near end; the far one is closed.
    package consuming func keepNear() -> FileDescriptor { near }
}
