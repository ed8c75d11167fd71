import Glibc

/// Reads what comes on a connection: lines, and bytes that follow them.
package struct LineReader: ~Copyable {
    package let connection: FileDescriptor
    /// What has come and nobody has taken.
    private var waiting: [UInt8] = []

    private static let longestLine = 16 << 20

    package init(_ connection: consuming FileDescriptor) { self.connection = connection }

    /// The bytes before the next newline, which is left out.
    ///
    /// - Returns: `nil` if it does not come within `limit`.
    /// - Throws: `EPIPE` if the other side closes before, `EMSGSIZE` if it is longer than 16 MiB.
    package mutating func line(within limit: Duration) throws(SystemError) -> String? {
        let end = ContinuousClock.now + limit
        var searched = 0
        while true {
            if let newline = waiting[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                defer { waiting.removeFirst(newline + 1) }
                return String(decoding: waiting[..<newline], as: UTF8.self)
            }
            searched = waiting.count
            if searched > Self.longestLine {
                throw SystemError(call: "read", subject: "", code: Errno(rawValue: EMSGSIZE))
            }
            guard try receive(until: end) else { return nil }
        }
    }

    /// The next bytes, at most `count`.
    ///
    /// - Returns: `nil` if none comes within `limit`.
    /// - Throws: `EPIPE` if the other side closes before.
    package mutating func bytes(atMost count: Int, within limit: Duration) throws(SystemError) -> [UInt8]? {
        if waiting.isEmpty {
            guard try receive(until: .now + limit) else { return nil }
        }
        let bytes = Array(waiting.prefix(count))
        waiting.removeFirst(bytes.count)
        return bytes
    }

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
            waiting += more
            return true
        }
    }
}
