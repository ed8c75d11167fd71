import Glibc
import Reactor

/// What a service manager listens on: sd_notify(3).
package final class NotifySocket {
    private let descriptor: FileDescriptor
    package let path: String

    package init(_ path: String) throws {
        self.path = path
        let kind = CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        descriptor = FileDescriptor(owning: socket(AF_UNIX, kind, 0))
        var result: CInt = -1
        try withAddress(path) { result = bind(descriptor.rawValue, $0, $1) }
        guard result == 0, chmod(path, 0o666) == 0 else { throw TestFailure("cannot bind \(path)") }
    }

    deinit { unlink(path) }

    /// The next message, `nil` if none comes in time.
    package func message(within limit: Duration = patience) throws -> String? {
        guard poll(descriptor, for: .readable, timeout: limit) else { return nil }
        var room = [UInt8](repeating: 0, count: 4096)
        let count = try room.withUnsafeMutableBytes { try descriptor.read(into: $0) } ?? 0
        return String(decoding: room[..<count], as: UTF8.self)
    }

    /// The next message that holds `text`; those before it are dropped.
    package func message(with text: String, within limit: Duration = patience) throws -> String? {
        let end = ContinuousClock.now + limit
        while let message = try message(within: max(.zero, end - .now)) {
            if message.contains(text) { return message }
        }
        return nil
    }
}
