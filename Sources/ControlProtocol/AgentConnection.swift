import Reactor

/// A connection to an agent: sends orders, reads the answers and the bytes that follow them.
package struct AgentConnection: ~Copyable {
    private var reader: LineReader

    /// Connects to the agent that listens at `path`; waits at most `limit` if others are connecting too.
    ///
    /// - Throws: `EAGAIN` if that takes longer than `limit`; see connect(2) for the others.
    package init(toSocketAt path: String, within limit: Duration) throws(SystemError) {
        reader = LineReader(try FileDescriptor.connect(toSocketAt: path, within: limit))
    }

    /// Sends one order.
    package func send(_ request: Request) throws(SystemError) {
        _ = try reader.connection.write(Array("\(request.line)\n".utf8))
    }

    /// The next line.
    ///
    /// - Returns: `nil` if none comes within `limit`.
    /// - Throws: `EPIPE` if the agent closes before.
    package mutating func line(within limit: Duration) throws(SystemError) -> String? {
        try reader.line(within: limit)
    }

    /// The next bytes, at most `count`.
    ///
    /// - Returns: `nil` if none come within `limit`.
    /// - Throws: `EPIPE` if the agent closes before.
    package mutating func bytes(atMost count: Int, within limit: Duration) throws(SystemError) -> [UInt8]? {
        try reader.bytes(atMost: count, within: limit)
    }
}
