import ControlProtocol
import Glibc
import Reactor
import Support
import Testing

@testable import trace_agent

struct OrderStreamTests {
    private static let large = String(repeating: "x", count: 9999)

    /// Reads until nothing more is there.
    private func orders(_ stream: OrderStream) throws -> [Order] {
        stream.beginTurn(limit: .max)
        while stream.mayHaveMore { try stream.read() }
        var orders: [Order] = []
        while let order = stream.nextOrder() { orders.append(order) }
        return orders
    }

    private func congest(_ stream: OrderStream) throws {
        while !stream.isCongested { try stream.answer(Self.large) }
    }

    @Test(arguments: [
        ("1", [Order.digitStart]), ("1\n0\n", [.digitStart, .digitStop]),
        ("110", [.digitStart, .digitStop]),
        ("stop\n1\nstart\n", [.word(.stop), .digitStart, .word(.start)]), ("sto", []),
        ("what\n", [.unknown(Array("what".utf8))]),
    ])
    func `gives orders in the order in which they came`(text: String, expected: [Order]) throws {
        let (stream, far) = try SocketPair.host()
        #expect(try orders(stream) == [])
        try far.send(text)
        #expect(try orders(stream) == expected)
    }

    @Test func `equal digits that wait to be carried out are one order, however they came`() throws {
        let (stream, far) = try SocketPair.host()
        for text in ["1\n", "1", "\n0\n", "0", "stop\n", "0"] {
            try far.send(text)
            try stream.read()
            try stream.read()
        }
        #expect(try orders(stream) == [.digitStart, .digitStop, .word(.stop), .digitStop])
    }

    @Test func `a line that comes in two parts is one order`() throws {
        let (stream, far) = try SocketPair.client()
        try far.send("sta")
        #expect(try orders(stream) == [])
        try far.send("tus\n")
        #expect(try orders(stream) == [.word(.status)])
    }

    @Test func `a stream has had its turn once an order was carried out, or a read found none`() throws {
        let (silent, _silentFar) = try SocketPair.client()
        #expect(!silent.hasHadTurn)
        try silent.read()
        #expect(silent.hasHadTurn)
        let (active, far) = try SocketPair.client()
        try far.send("stop\n")
        try active.read()
        #expect(!active.hasHadTurn)
        #expect(active.nextOrder() == .word(.stop))
        #expect(active.hasHadTurn)
        withExtendedLifetime(_silentFar) {}
    }

    @Test func `half an order of a host that has left is not the next one's`() throws {
        let (stream, far) = try SocketPair.host()
        try far.send("sta")
        #expect(try orders(stream) == [])
        far.endSending()
        #expect(try orders(stream) == [])
        let next = try stream.nextHost()
        try next.send("stop\n")
        #expect(try orders(stream) == [.word(.stop)])
        #expect(!stream.isDone)
    }

    @Test func `answers that a host has not read are not the next one's`() throws {
        let (stream, far) = try SocketPair.host()
        #expect(try orders(stream) == [])
        try congest(stream)
        stream.oweAnswer(to: Request(.stop))
        #expect(try orders(stream) == [])
        far.endSending()
        #expect(try orders(stream) == [])
        #expect(!stream.hasUnsentAnswers)
        #expect(!stream.isOwedWord)
        let next = try stream.nextHost()
        #expect(try orders(stream) == [])
        try stream.answer("for the next one")
        #expect(try next.everything() == "for the next one\n")
    }

    @Test(arguments: [true, false])
    func `an answer that comes just before the host leaves is not the next one's`(hasHeader: Bool) throws {
        let (stream, far) = try SocketPair.host()
        stream.oweAnswer(to: Request(.metadata))
        #expect(try orders(stream) == [])
        // Nothing more fits in the port.
        try congest(stream)
        #expect(try orders(stream) == [])
        if hasHeader {
            stream.headerIsBeingMade()
            let file = try MemoryFile.holding([1, 2, 3])
            stream.attach(Attachment(file, bytes: 3), announcedBy: { _ in "line" })
        }
        try stream.answer("late")
        far.endSending()
        #expect(try orders(stream) == [])
        #expect(!stream.hasUnsentAnswers)
        let next = try stream.nextHost()
        #expect(try orders(stream) == [])
        #expect(try next.everything() == "")
    }

    @Test func `what the next host asks before the port reports that the last one has left is answered`()
        throws
    {
        let (stream, far) = try SocketPair.host()
        #expect(try orders(stream) == [])
        stream.oweAnswer(to: Request(.stop))
        // The order is there, and the end after it.
        try far.send("dump\n")
        far.endSending()
        stream.beginTurn(limit: .max)
        try stream.read()
        #expect(stream.nextOrder() == .word(.dump))
        stream.oweAnswer(to: Request(.dump))
        try stream.read()
        #expect(stream.settle { _ in true }.map(\.word) == [.dump])
    }

    @Test func `a host's header that is on its way ends with the host`() throws {
        let (stream, far) = try SocketPair.host()
        #expect(try orders(stream) == [])
        stream.oweAnswer(to: Request(.metadata))
        stream.headerIsBeingMade()
        let file = try MemoryFile.holding(MemoryFile.pattern(1_000_000))
        stream.attach(Attachment(file, bytes: 1_000_000), announcedBy: { _ in "line" })
        #expect(stream.attachment != nil)
        #expect(!stream.isOwedHeader)
        #expect(try orders(stream) == [])
        far.endSending()
        #expect(try orders(stream) == [])
        #expect(stream.attachment == nil)
        #expect(!stream.hasUnsentAnswers)
    }

    @Test(arguments: [(FileDescriptor.Kind.socket, true), (.characterDevice, false)])
    func `only a socket ends with its host`(kind: FileDescriptor.Kind, ends: Bool) throws {
        let (stream, far) = try SocketPair.host(kind)
        #expect(try orders(stream) == [])
        try far.send("stop\n")
        far.endSending()
        #expect(try orders(stream) == [.word(.stop)])
        #expect(stream.isDone == ends)
    }

    @Test func `a client that sends no more is done once it has its answers`() throws {
        let (stream, far) = try SocketPair.client()
        try far.send("stop\n")
        far.endSending()
        #expect(try orders(stream) == [.word(.stop)])
        stream.oweAnswer(to: Request(.stop))
        #expect(!stream.isDone)
        #expect(stream.settle { _ in true }.map(\.word) == [.stop])
        try congest(stream)
        #expect(!stream.isDone)
        while !stream.isDone {
            #expect(!(try far.everything()).isEmpty)
            try stream.sendAnswers()
        }
    }

    @Test func `nothing is sent on a FIFO, from which it would come back as an order`() throws {
        let folder = TemporaryFolder()
        try makeFIFO("\(folder.path)/fifo")
        let stream = OrderStream(try .open("\(folder.path)/fifo", [.readWrite, .nonBlocking]), kind: .fifo)
        #expect(!stream.isAnswering)
        try stream.answer("line")
        let waiting = try stream.descriptor.bytesToRead()
        #expect(waiting == 0)
        #expect(!stream.hasUnsentAnswers)
        let writer = try FileDescriptor.open("\(folder.path)/fifo", [.writeOnly, .nonBlocking])
        _ = try writer.write(Array("stop\n".utf8))
        #expect(try orders(stream) == [.word(.stop)])
    }

    @Test(
        arguments: [
            (nil, ["peer": "host"]),
            (7, ["peer": "client", "peer_pid": "1", "peer_uid": "7", "peer_gid": "7"]),
        ] as [(UInt32?, [String: String])])
    func `the journal's fields name the other side`(uid: UInt32?, expected: [String: String]) throws {
        let (stream, _) = try uid.map { try SocketPair.client(uid: $0) } ?? SocketPair.host()
        #expect(stream.logFields.mapValues(\.description) == expected)
        #expect(stream.audience == (uid == nil ? .host : .group))
    }

    @Test(arguments: [FileDescriptor.Kind.characterDevice, .fifo])
    func `a notice goes to a host that is there, and never into a FIFO, where it would come back`(
        kind: FileDescriptor.Kind
    ) throws {
        let (stream, far) = try SocketPair.host(kind)
        stream.resume(notifying: "notice")
        try stream.read()
        #expect(try far.everything() == (kind == .fifo ? "" : "notice\n"))
        try stream.read()
        #expect(try far.everything() == "")
    }

    @Test func `a notice is dropped if the host is away`() throws {
        let (stream, far) = try SocketPair.host()
        stream.resume(notifying: "notice")
        far.endSending()
        try stream.read()
        #expect(try far.everything() == "" && !stream.usesWords)
    }
}
