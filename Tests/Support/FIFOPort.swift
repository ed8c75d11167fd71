import Glibc
import Reactor

/// The guest's side of a port behind FIFOs, as QEMU holds it: a test answers in the place of an agent.
package final class FIFOPort {
    private let path: String
    private let input: FileDescriptor
    private let output: FileDescriptor

    package init(_ path: String) throws {
        self.path = path
        try makeFIFO("\(path).in")
        try makeFIFO("\(path).out")
        input = try .open("\(path).in", [.readWrite, .nonBlocking])
        output = try .open("\(path).out", [.readWrite, .nonBlocking])
    }

    /// Waits for the next order: the bytes of one read.
    package func order(within limit: Duration = patience) throws -> String {
        guard poll(input, for: .readable, timeout: limit) else { throw TestFailure("no order came") }
        return String(decoding: try input.readSome(4096), as: UTF8.self)
    }

    /// Writes to the host, as much as the FIFO takes.
    package func send(_ text: String) throws { try send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) throws {
        guard try output.write(bytes) == bytes.count else { throw TestFailure("\(path) is full") }
    }
}
