import Glibc

/// Sends messages to a socket of this machine, and never waits: unix(7).
///
/// sd_notify(3) and sd_journal_send(3) wait for a receiver that is stuck, and nothing that is told to a receiver is worth
/// that.
package struct DatagramSender: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    private let path: String

    /// - Parameter path: Where the receiver is; a name that begins with `@` is an abstract one.
    package init(to path: String) throws(SystemError) {
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = FileDescriptor(owning: try systemCall("socket") { socket(AF_UNIX, kind, 0) })
        self.path = path
    }

    /// Sends one message.
    ///
    /// - Returns: `false` if the receiver does not take it now, or not at all.
    package func send(_ message: [UInt8]) -> Bool {
        var isTaken = false
        // A name that is too long is nobody's.
        try? withAddress(path) { address, size in
            let flags = CInt(MSG_NOSIGNAL)
            let count = sendto(descriptor.rawValue, message, message.count, flags, address, size)
            isTaken = count == message.count
        }
        return isTaken
    }
}
