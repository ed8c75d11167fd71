import Glibc

/// Reads lines, and the bytes that follow them, from a non-blocking connection.
package struct LineReader: ~Copyable {
    package let connection: FileDescriptor
    /// Bytes that were read from the connection, those before `start` already returned.
    private var buffered: [UInt8] = []
    private var start = 0

    private static let longestLine = 16 << 20

    package init(_ connection: consuming FileDescriptor) { self.connection = connection }

    /// The next line, without its newline.
    ///
    /// - Returns: `nil` if it does not arrive within `limit`; zero takes what has arrived.
    /// - Throws: `EPIPE` if the other side closes first, `EMSGSIZE` if the line is longer than 16 MiB.
    package mutating func line(within limit: Duration) throws(SystemError) -> String? {
        let end = ContinuousClock.now + limit
        var searched = start
        while true {
            if let newline = buffered[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { start = newline + 1 }
                return String(decoding: buffered[start..<newline], as: UTF8.self)
            }
            if buffered.count - start > Self.longestLine {
                throw SystemError(call: "read", subject: "", code: Errno(rawValue: EMSGSIZE))
            }
            dropReturned()
            searched = buffered.count
            guard try receive(until: end) else { return nil }
        }
    }

    /// The next bytes, at most `count`.
    ///
    /// - Returns: `nil` if none arrives within `limit`; zero takes what has arrived.
    /// - Throws: `EPIPE` if the other side closes first.
    package mutating func bytes(atMost count: Int, within limit: Duration) throws(SystemError) -> [UInt8]? {
        if start == buffered.count {
            dropReturned()
            guard try receive(until: .now + limit) else { return nil }
        }
        let bytes = Array(buffered[start...].prefix(count))
        start += bytes.count
        return bytes
    }

    private mutating func dropReturned() {
        buffered.removeFirst(start)
        start = 0
    }

    /// Reads more bytes into the buffer.
    ///
    /// - Returns: `false` if none arrives until `end`.
    private mutating func receive(until end: ContinuousClock.Instant) throws(SystemError) -> Bool {
        while true {
            guard poll(connection, or: connection, timeout: max(.zero, end - .now)) != .neither else {
                return false
            }
            let more: [UInt8]? = try withUnsafeTemporaryAllocation(byteCount: 64 << 10, alignment: 1) {
                buffer throws(SystemError) in
                guard let count = try connection.read(into: buffer) else { return nil }
                return Array(buffer[..<count])
            }
            guard let more else { continue }
            if more.isEmpty { throw SystemError(call: "read", subject: "", code: .brokenPipe) }
            buffered += more
            return true
        }
    }
}
