import Reactor

/// A connection to an agent: sends orders, reads the answers and the bytes that follow them.
package struct AgentConnection: ~Copyable {
    private var reader: LineReader
    /// Where orders go, if answers come from another file; `nil`: the connection that they come from.
    private let orders: FileDescriptor?

    /// Connects to the agent that listens at `path`; waits at most `limit` if others are connecting too.
    ///
    /// - Throws: `EAGAIN` if that takes longer than `limit`; see connect(2) for the others.
    package init(toSocketAt path: String, within limit: Duration) throws(SystemError) {
        reader = LineReader(try FileDescriptor.connect(toSocketAt: path, within: limit))
        orders = nil
    }

    /// Opens the two FIFOs of QEMU's pipe character device.
    ///
    /// - Parameters:
    ///   - ordersPath: What QEMU reads from.
    ///   - answersPath: What QEMU writes to.
    /// - Throws: `ENXIO` if no QEMU holds them; see open(2) for the others.
    package init(toFIFOs ordersPath: String, _ answersPath: String) throws(SystemError) {
        // Without a reader this fails, which a descriptor for reading and writing would hide.
        let orders = try FileDescriptor.open(ordersPath, [.writeOnly, .nonBlocking])
        reader = LineReader(try FileDescriptor.open(answersPath, [.readOnly, .nonBlocking]))
        self.orders = consume orders
    }

    /// Readable once something has arrived, or the other side has closed.
    package var descriptor: FileDescriptor { _read { yield reader.connection } }

    /// Sends one order.
    ///
    /// - Throws: `EAGAIN` if the other side reads no orders.
    package func send(_ request: Request) throws(SystemError) { try send(request.line) }

    /// Sends a line: an order that is no word.
    package func send(_ line: String) throws(SystemError) {
        var bytes = Array("\(line)\n".utf8)
        while !bytes.isEmpty {
            let written: Int?
            switch orders {
            case .some(let orders): written = try orders.write(bytes)
            case .none: written = try reader.connection.write(bytes)
            }
            guard let written else { throw SystemError(call: "write", subject: "", code: .wouldBlock) }
            bytes.removeFirst(written)
        }
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
