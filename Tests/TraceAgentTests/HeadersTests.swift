import CommandSupport
import ControlProtocol
import Reactor
import Support
import Testing
import TraceFile

@testable import trace_agent

struct HeadersTests {
    /// More than a socket holds, and more than is sent in one turn.
    private static let large = 700_000
    private let clients = [StreamID.client(place: 0), .client(place: 1)]

    /// A rig with `count` clients that have ordered a header.
    private func rig(
        clients count: Int, commandLines: Int = 0, host: OrderStream? = nil
    ) throws -> (HeaderRig, [Connection]) {
        let rig = try HeaderRig(try FakeTracefs(commandLines: commandLines), host: host)
        let connections = try (0..<count).map { try rig.control.connect(place: $0) }
        for place in 0..<count {
            try connections[place].send("metadata\n")
            rig.order(.client(place: place))
        }
        return (rig, connections)
    }

    @Test(arguments: [0, large])
    func `two clients that want a header at once get the same one, whole`(commandLines: Int) throws {
        let (rig, connections) = try rig(clients: 2, commandLines: commandLines)
        #expect(rig.control.awaitingHeader == [.local])
        #expect(rig.build() == [.local])
        #expect(rig.build() == [])
        let header = try rig.deliver(.local)
        #expect(header.count > commandLines)
        #expect(rig.control.isSendingHeaders)
        #expect(rig.control.awaitingHeader == [])
        var done = try rig.send()
        for connection in connections {
            let (announcement, received) = try connection.header { done += try rig.send() }
            #expect(announcement.bytes == header.count)
            #expect(announcement.error == nil)
            #expect(received == header)
        }
        #expect(done == [.local])
        #expect(!rig.control.isSendingHeaders)
        for connection in connections { #expect(try connection.everything() == "") }
        let left = try rig.worker.slot(of: .local).file.descriptor.size()
        #expect(left == 0)
    }

    @Test func `a client that asks while a header is being built gets the next one`() throws {
        let (rig, first) = try rig(clients: 1)
        #expect(rig.build() == [.local])
        let second = try rig.control.connect(place: 1)
        try second.send("metadata\n")
        rig.order(clients[1])
        #expect(rig.build() == [])
        #expect(rig.nextRetry == nil)
        let header = try rig.deliver(.local)
        #expect(try rig.send() == [.local])
        #expect(try first[0].header().1 == header)
        #expect(try second.everything() == "")
        #expect(rig.build() == [.local])
        let next = try rig.deliver(.local)
        #expect(try rig.send() == [.local])
        #expect(try second.header().1 == next)
        #expect(try first[0].everything() == "")
    }

    @Test func `a client that asks twice gets two headers`() throws {
        let (rig, connections) = try rig(clients: 1)
        try connections[0].send("metadata\n")
        rig.order(clients[0])
        for _ in 0..<2 {
            #expect(rig.build() == [.local])
            let header = try rig.deliver(.local)
            #expect(try rig.send() == [.local])
            #expect(try connections[0].header().1 == header)
        }
        #expect(rig.build() == [])
    }

    @Test func `host and clients have a slot each`() throws {
        let (host, far) = try SocketPair.host()
        let (rig, connections) = try rig(clients: 1, host: host)
        try far.send("metadata\n")
        rig.order(.host)
        #expect(Set(rig.build()) == [.host, .local])
        // Neither waits for the other: the client does not read yet.
        let header = try rig.deliver(.host)
        #expect(try rig.send() == [.host])
        #expect(try far.header().1 == header)
        #expect(try connections[0].everything() == "")
        try rig.deliver(.local)
        #expect(try rig.send() == [.local])
        #expect(try connections[0].header().1.isEmpty == false)
    }

    @Test func `answers that are given during a transfer follow it`() throws {
        let (rig, connections) = try rig(clients: 1, commandLines: Self.large)
        rig.build()
        let header = try rig.deliver(.local)
        #expect(try rig.send() == [])
        #expect(rig.control.nextRetry == .seconds(1))
        rig.control.answer(.status, clients[0])
        rig.control.answer(.stop, clients[0])
        let (_, received) = try connections[0].header { _ = try rig.send() }
        #expect(received == header)
        #expect(try connections[0].nextAnswer().word == .status)
        #expect(try connections[0].nextAnswer().word == .stop)
        #expect(rig.control.nextRetry == nil)
    }

    @Test func `a client that leaves during a transfer frees the slot for the others`() throws {
        let (rig, connections) = try rig(clients: 2, commandLines: Self.large)
        rig.build()
        try rig.deliver(.local)
        #expect(try rig.send() == [])
        // One leaves, and the other one is given everything.
        connections[0].close()
        rig.control.turn(clients[0])
        #expect(!rig.control.canAnswer(clients[0]))
        var done: [HeaderAudience] = []
        _ = try connections[1].header { done += try rig.send() }
        #expect(done == [.local])
        try connections[1].send("metadata\n")
        rig.order(clients[1])
        #expect(rig.build() == [.local])
    }

    @Test func `the last receiver that leaves ends the transfer`() throws {
        let (rig, connections) = try rig(clients: 1, commandLines: Self.large)
        rig.build()
        try rig.deliver(.local)
        #expect(try rig.send() == [])
        connections[0].close()
        #expect(try rig.send() == [.local])
        #expect(!rig.control.isSendingHeaders)
    }

    @Test func `a client that sends no more gets its header, and is then disconnected`() throws {
        let (rig, connections) = try rig(clients: 1, commandLines: Self.large)
        connections[0].endSending()
        rig.control.turn(clients[0])
        rig.build()
        let header = try rig.deliver(.local)
        var done = try rig.send()
        let (_, received) = try connections[0].header { done += try rig.send() }
        #expect(received == header)
        #expect(done == [.local])
        #expect(connections[0].isClosed())
    }

    @Test func `a header that is sent faster than a turn allows asks for another turn`() throws {
        // A file accepts everything, as a port does whose host reads fast.
        let port = try FileDescriptor.inMemory("port")
        try port.write(Array("metadata\n".utf8), at: 0)
        let host = OrderStream(port, kind: .characterDevice)
        let rig = try HeaderRig(try FakeTracefs(commandLines: Self.large), host: host)
        rig.order(.host)
        #expect(rig.build() == [.host])
        let header = try rig.deliver(.host)
        var turns = 1
        while try rig.send().isEmpty {
            try rig.control.loop.event(.headerTurn)
            rig.control.beginHeaderTurn()
            turns += 1
        }
        #expect(turns == 3)
        let sent = try host.descriptor.read(2 * Self.large, at: 0)
        #expect(sent.suffix(header.count) == header[...])
        let lines = sent.prefix(sent.count - header.count).split(separator: UInt8(ascii: "\n"))
        #expect(lines.count == 2)
        let announcement = try HeaderAnnouncement(line: String(decoding: lines[1], as: UTF8.self))
        #expect(announcement.bytes == header.count)
    }

    @Test func `a side that wants too many headers has to wait, the other one does not`() throws {
        let rig = try HeadersOnly()
        var built = 0
        while rig.build(for: [.local]) == [.local], built < 200 {
            built += 1
            #expect(rig.nextRetry == nil)
            #expect(try rig.delivery(.local)?.audience == .local)
            try rig.release(.local)
        }
        #expect((8..<200).contains(built))
        #expect(rig.nextRetry == .seconds(1))
        #expect(rig.build(for: [.host, .local]).contains(.host))
        #expect(try rig.delivery(.host) != nil)
        #expect(rig.build(for: []) == [])
        #expect(rig.nextRetry == nil)
    }

    @Test func `a slot is not used again before it is released`() throws {
        let rig = try HeadersOnly()
        #expect(rig.build(for: [.local]) == [.local])
        #expect(rig.build(for: [.local]) == [])
        #expect(try rig.delivery(.local) != nil)
        #expect(rig.build(for: [.local]) == [])
        #expect(try rig.deliveryNow(.local) == nil)
        try rig.release(.local)
        #expect(rig.build(for: [.local]) == [.local])
    }

    @Test func `without memory a header is announced that does not come`() throws {
        let rig = try HeadersOnly()
        // The worker writes to what this names.
        try rig.worker.slot(of: .local).file.descriptor.replace(with: try MemoryFile.sealed())
        #expect(rig.build(for: [.local]) == [.local])
        let delivery = try #require(try rig.delivery(.local))
        #expect(delivery.bytes == 0)
        for key in HeaderAnnouncement.CodingKeys.allCases where key != .id {
            #expect(delivery.line.contains("\"\(key.rawValue)\":"))
        }
        let announcement = try HeaderAnnouncement(line: delivery.line)
        #expect(announcement.error == "no header: no memory")
        #expect(announcement.bytes == 0)
        #expect(announcement.bootID == "01234567-89ab-cdef-0123-456789ABCDEF")
        try rig.release(.local)
    }

    @Test func `what headers lack is logged once, but not what the group's lack by intent`() throws {
        let rig = try HeadersOnly()
        func make(_ audience: HeaderAudience) throws {
            #expect(rig.build(for: [audience]) == [audience])
            #expect(try rig.delivery(audience) != nil)
            try rig.release(audience)
        }
        try make(.host)
        #expect(rig.log.messages == [])
        rig.tracefs.remove("events/sched/sched_switch/format")
        try rig.tracefs.addEvent("other", id: 300)
        for audience in [HeaderAudience.group, .host, .root, .host] { try make(audience) }
        #expect(rig.log.messages.count == 1)
        #expect(
            rig.log.count(of: "trace header: event numbers have changed their meaning, and earlier records")
                == 1)
    }

    @Test func `nothing is built if nobody can ask`() throws {
        let loop = try TestReactor()
        var headers = try Headers(nil, log: TestLog().logger, &loop.reactor)
        #expect(headers.build(for: HeaderAudience.allCases) == [])
        #expect(try headers.headerIsBuilt(0) == nil)
        try headers.release(.host)
        #expect(headers.nextRetry == nil)
    }
}

/// `Headers` alone, with a real worker.
private final class HeadersOnly {
    let worker: HeaderWorker
    let tracefs: FakeTracefs
    let log = TestLog()
    private let loop: TestReactor
    private var headers: Headers

    init() throws {
        tracefs = try FakeTracefs()
        loop = try TestReactor()
        worker = try tracefs.worker()
        headers = try Headers(worker, log: log.logger, &loop.reactor)
    }

    var nextRetry: Duration? { headers.nextRetry }
    func build(for wanted: [HeaderAudience]) -> [HeaderAudience] { headers.build(for: wanted) }
    func release(_ audience: HeaderAudience) throws { try headers.release(audience) }

    func delivery(_ audience: HeaderAudience) throws -> Headers.Delivery? {
        try loop.event(.header(audience.rawValue))
        return try deliveryNow(audience)
    }

    func deliveryNow(_ audience: HeaderAudience) throws -> Headers.Delivery? {
        try headers.headerIsBuilt(audience.rawValue)
    }
}
