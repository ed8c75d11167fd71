import Reactor
import Support
import Testing

@testable import trace_agent

struct OutboxTests {
    private var outbox = Outbox()

    private static let lineSize = 10_000
    private let line = String(repeating: "x", count: Self.lineSize - 1)

    /// Queues lines and sends until the other side accepts nothing more.
    private mutating func congest(_ pair: borrowing SocketPair) throws {
        while !outbox.isCongested {
            outbox.add(line)
            try outbox.send(to: pair.near)
        }
    }

    private mutating func drain(_ pair: borrowing SocketPair) throws -> [UInt8] {
        var received = try readAll(pair.far.descriptor)
        while !outbox.isEmpty {
            try outbox.send(to: pair.near)
            received += try readAll(pair.far.descriptor)
        }
        return received
    }

    @Test mutating func `lines are sent in order, each with its newline`() throws {
        let pair = try SocketPair()
        for line in ["one", "", "three"] { outbox.add(line) }
        #expect(!outbox.isEmpty)
        try outbox.send(to: pair.near)
        #expect(outbox.isEmpty)
        #expect(try pair.far.everything() == "one\n\nthree\n")
    }

    @Test mutating func `what is not read is bounded, and no line is cut`() throws {
        let pair = try SocketPair()
        try congest(pair)
        for _ in 0..<100 { outbox.add(line) }
        outbox.add("short")
        let received = try drain(pair)
        let lines = received.split(separator: UInt8(ascii: "\n"))
        #expect(lines.dropLast().allSatisfy { $0.count == Self.lineSize - 1 })
        #expect(lines.last.map { Array($0) } == Array("short".utf8))
        // 256 KiB, and what the socket holds.
        #expect(lines.count < 80)
        #expect(!outbox.isCongested)
    }

    @Test(arguments: [0, 1, 32 << 10, (32 << 10) + 1, 1_000_000])
    mutating func `an attachment follows its line and precedes later lines`(bytes: Int) throws {
        let pair = try SocketPair()
        let content = MemoryFile.pattern(bytes + 10)
        outbox.add("before")
        outbox.add(Attachment(try MemoryFile.holding(content), bytes: bytes), announcedBy: "announcement")
        outbox.add("after")
        #expect(outbox.attachment != nil)
        let received = try drain(pair)
        let expected = Array("before\nannouncement\n".utf8) + content[..<bytes] + Array("after\n".utf8)
        #expect(received == expected)
        #expect(outbox.attachment == nil)
    }

    @Test mutating func `one turn sends at most about 256 KiB`() throws {
        // A file accepts everything, as a port does whose host reads fast.
        let port = try FileDescriptor.inMemory("port")
        let content = MemoryFile.pattern(600_000)
        outbox.add(Attachment(try MemoryFile.holding(content), bytes: content.count), announcedBy: "line")
        var turns = 0
        repeat {
            let before = try port.size()
            try outbox.send(to: port)
            turns += 1
            let sent = try port.size() - before
            #expect(sent <= 288 << 10)
            #expect(outbox.wantsTurn == !outbox.isEmpty)
        } while outbox.wantsTurn
        #expect(turns == 3)
        let received = try port.read(700_000, at: 0)
        #expect(received == Array("line\n".utf8) + content)
    }

    @Test mutating func `old answers are dropped, newer ones stay`() throws {
        let pair = try SocketPair()
        try congest(pair)
        outbox.markAnswersAsOld()
        outbox.add("new")
        outbox.dropOldAnswers()
        _ = try readAll(pair.far.descriptor)
        try outbox.send(to: pair.near)
        #expect(try pair.far.everything() == "new\n")
    }

    @Test mutating func `old answers that were sent meanwhile cost no newer ones`() throws {
        let pair = try SocketPair()
        try congest(pair)
        outbox.markAnswersAsOld()
        _ = try drain(pair)
        outbox.add("new")
        outbox.dropOldAnswers()
        try outbox.send(to: pair.near)
        #expect(try pair.far.everything() == "new\n")
    }

    @Test mutating func `an attachment on its way is dropped with the host that asked for it`() throws {
        let pair = try SocketPair()
        let file = try MemoryFile.holding(MemoryFile.pattern(1_000_000))
        outbox.add("old")
        outbox.add(Attachment(file, bytes: 1_000_000), announcedBy: "announcement")
        outbox.add("old too")
        outbox.markAnswersAsOld()
        try outbox.send(to: pair.near)
        outbox.add("new")
        outbox.dropOldAnswers()
        #expect(outbox.attachment == nil)
        _ = try readAll(pair.far.descriptor)
        try outbox.send(to: pair.near)
        #expect(try pair.far.everything() == "new\n")
        #expect(outbox.isEmpty)
    }

    @Test mutating func `a side that has closed is an error`() throws {
        let pair = try SocketPair()
        pair.far.close()
        outbox.add("line")
        let error = #expect(throws: SystemError.self) { try outbox.send(to: pair.near) }
        #expect(error?.code == .brokenPipe)
    }
}
