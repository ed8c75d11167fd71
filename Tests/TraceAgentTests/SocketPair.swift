import Glibc
import Reactor
import Support

@testable import trace_agent

/// A connection of which the program has one end and the test the other: socketpair(2).
struct SocketPair: ~Copyable {
    let near: FileDescriptor
    let far: Connection

    init() throws {
        _ = Self.failedWritesAreErrors
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw TestFailure("socketpair: \(errno)") }
        near = FileDescriptor(owning: ends[0])
        far = Connection(FileDescriptor(owning: ends[1]))
    }

    /// A write to a closed connection fails with `EPIPE`; a handler, unlike `SIG_IGN`, is not inherited by a program
    /// that a test starts.
    static let failedWritesAreErrors: Void = { _ = signal(SIGPIPE) { _ in } }()

    /// A stream of a host, as it is on a virtio port or a socket, and the host's end.
    static func host(_ kind: FileDescriptor.Kind = .characterDevice) throws -> (OrderStream, Connection) {
        let pair = try SocketPair()
        let far = pair.far
        return (OrderStream(pair.near, kind: kind), far)
    }

    /// A stream of a client, and the client's end.
    static func client(uid: UInt32 = 0) throws -> (OrderStream, Connection) {
        let pair = try SocketPair()
        let far = pair.far
        return (OrderStream(pair.near, client: PeerCredentials(pid: 1, uid: uid, gid: uid)), far)
    }
}

extension OrderStream {
    /// Puts the next host's connection in the place of this host's, as a virtio port does.
    func nextHost() throws -> Connection {
        let pair = try SocketPair()
        let far = pair.far
        try descriptor.replace(with: pair.near)
        return far
    }
}

extension Connection {
    /// Sends no more, and still reads: shutdown(2).
    func endSending() { shutdown(descriptor.rawValue, CInt(SHUT_WR)) }

    /// Everything that has come, up to the end or until nothing more is there.
    func everything() throws -> String { String(decoding: try readAll(descriptor), as: UTF8.self) }

    /// Whether the other side has closed the connection; waits for it.
    func isClosed(within limit: Duration = patience) -> Bool {
        // The other end was closed if poll(2) reports it as hung up.
        eventually(within: limit) { isHungUp(descriptor) }
    }
}
