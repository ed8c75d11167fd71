internal import CEpoll
import Glibc

/// Sends datagrams to a local socket without ever blocking: unix(7).
///
/// sd_notify(3) and sd_journal_send(3) block if the receiver is stuck, and no message here is worth that.
package struct DatagramSender: ~Copyable, Sendable {
    private let descriptor: FileDescriptor
    private let path: String

    /// Makes an unconnected socket; nothing is sent yet.
    ///
    /// - Parameter path: The receiver's socket; a path that begins with `@` is an abstract name.
    package init(to path: String) throws(SystemError) {
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        descriptor = FileDescriptor(owning: try systemCall("socket") { socket(AF_UNIX, kind, 0) })
        self.path = path
    }

    /// Sends one message: sendto(2).
    ///
    /// - Returns: `false` if the receiver's queue is full, or there is no receiver.
    package func send(_ message: [UInt8]) -> Bool {
        isSent(message) { address, size in
            sendto(descriptor.rawValue, message, message.count, CInt(MSG_NOSIGNAL), address, size)
        }
    }

    /// Sends one message, and both ends of a pipe with it: sendmsg(2).
    ///
    /// - Returns: `false` if the receiver's queue is full, or there is no receiver.
    package func send(_ message: [UInt8], passing pipe: Pipe) -> Bool {
        let ends = [pipe.readEnd.rawValue, pipe.writeEnd.rawValue]
        return isSent(message) { address, size in
            cepoll_send_descriptors(descriptor.rawValue, message, message.count, address, size, ends)
        }
    }

    private func isSent(
        _ message: [UInt8], _ call: (UnsafePointer<sockaddr>, socklen_t) -> Int
    ) -> Bool {
        var isSent = false
        // No receiver can have a path that is too long.
        try? withAddress(path) { address, size in isSent = call(address, size) == message.count }
        return isSent
    }
}
