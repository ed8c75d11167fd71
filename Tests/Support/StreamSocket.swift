import Glibc
import Reactor

/// A socket in the ports folder that a test listens on, in the place of a port whose host comes and goes.
package final class StreamSocket {
    private let listener: FileDescriptor
    private let path: String
    private let isStaying: Bool

    /// - Parameter staying: Whether it is left behind when nobody listens any more.
    package init(_ path: String, staying: Bool = false) throws {
        self.path = path
        isStaying = staying
        unlink(path)
        listener = FileDescriptor(
            owning: socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0))
        var result: CInt = -1
        try withAddress(path) { result = bind(listener.rawValue, $0, $1) }
        guard result == 0, chmod(path, 0o666) == 0, listen(listener.rawValue, 1) == 0 else {
            throw TestFailure("cannot listen at \(path)")
        }
    }

    deinit { if !isStaying { unlink(path) } }

    /// Waits for the agent to connect.
    package func accept() throws -> Connection {
        guard poll(listener, for: .readable, timeout: .seconds(20)) else {
            throw TestFailure("nobody connects to \(path)")
        }
        return Connection(FileDescriptor(owning: Glibc.accept(listener.rawValue, nil, nil)))
    }
}

/// The host's side of a stream: sends orders, reads answers or pages.
package final class Connection {
    package let descriptor: FileDescriptor
    private var received: [UInt8] = []

    package init(_ descriptor: consuming FileDescriptor) {
        self.descriptor = descriptor
        let flags = fcntl(self.descriptor.rawValue, F_GETFL)
        _ = fcntl(self.descriptor.rawValue, F_SETFL, flags | O_NONBLOCK)
    }

    /// Connects to whoever listens at `path`, or will in a moment.
    package static func to(_ path: String) throws -> Connection {
        var connection: Connection?
        _ = eventually {
            if let socket = try? FileDescriptor.connect(toSocketAt: path) { connection = Connection(socket) }
            return connection != nil
        }
        guard let connection else { throw TestFailure("nobody listens at \(path)") }
        return connection
    }

    /// Ends it, as a host does that goes away.
    package func close() { shutdown(descriptor.rawValue, CInt(SHUT_RDWR)) }

    /// Sends `text`, or nothing if the other side does not take it now.
    package func trySend(_ text: String) throws -> Bool { try descriptor.write(Array(text.utf8)) != nil }

    package func send(_ text: String) throws {
        guard try descriptor.write(Array(text.utf8)) == text.utf8.count else {
            throw TestFailure("cannot send")
        }
    }

    /// The next line that comes.
    package func line(within limit: Duration = patience) throws -> String {
        let end = ContinuousClock.now + limit
        while true {
            if let newline = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received.removeSubrange(...newline) }
                return String(decoding: received[..<newline], as: UTF8.self)
            }
            try receive(until: end)
        }
    }

    /// The next `count` bytes that come.
    package func bytes(_ count: Int, within limit: Duration = patience) throws -> [UInt8] {
        let end = ContinuousClock.now + limit
        while received.count < count { try receive(until: end) }
        defer { received.removeSubrange(..<count) }
        return Array(received[..<count])
    }

    private func receive(until end: ContinuousClock.Instant) throws {
        let left = end - ContinuousClock.now
        guard left > .zero, poll(descriptor, or: descriptor, timeout: left) != .neither else {
            throw TestFailure(
                "nothing came; before that: \(String(decoding: received.prefix(200), as: UTF8.self))")
        }
        let more = try readAll(descriptor)
        if more.isEmpty { throw TestFailure("the other side has closed") }
        received += more
    }

    /// Sends a word and waits for its answer.
    package func order(_ word: String) throws -> Answer {
        try send(word + "\n")
        return try answer()
    }

    /// The same where answers to `other`, a word that was sent before, may come first.
    package func order(_ word: String, skipping other: String) throws -> Answer {
        try send(word + "\n")
        while true {
            let answer = try answer()
            if answer.answer != other { return answer }
        }
    }

    /// The next answer; one to an order with an id begins with a newline.
    package func answer() throws -> Answer {
        var text = try line()
        while text.isEmpty { text = try line() }
        return try Answer(text)
    }

    /// The next answer; meanwhile `other` is read, which the answer may wait for.
    package func answer(whileReading other: Connection, into bytes: inout [UInt8]) throws -> Answer {
        while poll(other.descriptor, or: descriptor, timeout: .seconds(20)) == .first {
            bytes += try readAll(other.descriptor)
        }
        return try answer()
    }
}
