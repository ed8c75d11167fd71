import ControlProtocol
import Glibc
import Reactor
import Support
import Testing

@testable import trace_agent

struct ControlTests {
    // MARK: orders

    @Test(arguments: [FileDescriptor.Kind.characterDevice, .socket])
    func `digits and words of a host are carried out in their order`(kind: FileDescriptor.Kind) throws {
        let (host, far) = try SocketPair.host(kind)
        let rig = try ControlRig(host: host)
        try far.send("1\n0\nstop\n start \r\n1")
        try rig.loop.event(.control)
        #expect(
            rig.turn(.host) == [.digitStart, .digitStop, .word(.stop), .word(.start), .digitStart])
        #expect(rig.hasHost)
        #expect(rig.pausedStreams.isEmpty)
        #expect(rig.nextRetry == nil)
    }

    @Test func `unknown orders are counted, and logged with control characters escaped`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send("2\nstart\n\u{1b}[2J\"\\\nStop\n" + String(repeating: "y", count: 300) + "\n")
        #expect(rig.turn(.host) == [.word(.start)])
        #expect(rig.refusedCount == 4)
        #expect(
            rig.log.messages == [
                #"order refused: "2""#, "start ordered by the host", #"order refused: "\x1b[2J\"\\""#,
                #"order refused: "Stop""#, "order refused: \"" + String(repeating: "y", count: 64) + "\"",
            ])
        #expect(rig.log.entries.allSatisfy { $0.metadata == ["peer": "host"] })
        #expect(rig.log.entries.count { $0.level == .warning } == 4)
    }

    @Test func `a host's digits are logged, and unknown words are answered once it sends words`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send("1\nhello\n0\n")
        #expect(rig.turn(.host) == [.digitStart, .digitStop])
        #expect(try far.everything() == "")
        try far.send("status\nfuture id=7 x\n")
        #expect(rig.turn(.host) == [.word(.status)])
        let line = try far.everything()
        let refusal = try Refusal(line: String(line.dropFirst().dropLast()))
        #expect(line.hasPrefix("\n{\"answer\":\"refused\",") && refusal.id == OrderID(rawValue: "7"))
        #expect(refusal.error == "no order: \"future id=7 x\"")
        #expect(
            rig.log.messages == [
                "start ordered by the host", #"order refused: "hello""#, "stop ordered by the host",
                #"order refused: "future id=7 x""#,
            ])
        #expect(rig.log.entries.allSatisfy { $0.metadata == ["peer": "host"] })
    }

    @Test func `a client's orders are logged with its process, except for status and metadata`() throws {
        let rig = try ControlRig()
        let client = try rig.connect()
        try client.send("status\nstop\nmetadata\nnothing\n")
        #expect(rig.turn(.client(place: 0)) == [.word(.status), .word(.stop), .word(.metadata)])
        #expect(
            rig.log.messages == [
                "stop ordered by process \(getpid()) of user \(geteuid())", "order refused: \"nothing\"",
            ])
        #expect(rig.log.entries.first?.metadata["peer_pid"] == "\(getpid())")
    }

    @Test func `a host that floods is paused, goes on later, and loses no order`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        let flood = (0..<2000).map { $0 % 3 == 0 ? "start" : "stop" }
        // More than is read at once.
        try far.send(flood.map { $0 + "\n" }.joined())
        var orders = rig.turn(.host)
        #expect(orders.count < flood.count)
        #expect(rig.pausedStreams == [.host])
        #expect(rig.nextRetry == .milliseconds(250))
        orders += try rig.turns(.host)
        #expect(orders == flood.compactMap(OrderWord.init(rawValue:)).map { .word($0) })
        #expect(rig.nextRetry == nil)
    }

    @Test func `a burst of equal digits does not keep the next order waiting`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        let client = try rig.connect()
        for (id, other) in [(StreamID.host, far), (.client(place: 0), client)] {
            try other.send(String(repeating: "1\n", count: 32 << 10) + "0")
            let orders = rig.turn(id)
            #expect(orders.last == .digitStop)
            // One for each read of 4 KiB, and the last one.
            #expect(orders.count <= 18)
            #expect(rig.pausedStreams.isEmpty)
        }
    }

    @Test func `a client that floods gets 4 orders a turn while another one waits`() throws {
        let rig = try ControlRig()
        let clients = try (0..<2).map { try rig.connect(place: $0) }
        let ids = [StreamID.client(place: 0), .client(place: 1)]
        for client in clients { try client.send(String(repeating: "stop\n", count: 120)) }
        var carriedOut = ids.map { rig.turn($0).count }
        #expect((1..<120).contains(carriedOut[0]))
        #expect(rig.nextRetry == .milliseconds(250))
        for round in 0..<3 {
            #expect(Set(rig.pausedStreams.map { "\($0)" }) == Set(ids.map { "\($0)" }))
            try rig.retry()
            for index in 0...1 {
                let orders = rig.turn(ids[index], afterPause: true).count
                // A read counts too, and the second client's first one can have had to wait.
                #expect(orders == 4 || (round == 0 && index == 1 && orders == 3))
                carriedOut[index] += orders
            }
        }
        // A client that is alone is not limited.
        clients[1].close()
        rig.answer(.stop, ids[1])
        #expect(!rig.canAnswer(ids[1]))
        rig.turn(ids[1])
        try rig.retry()
        let orders = rig.turn(ids[0], afterPause: true).count
        #expect(orders > 4)
        carriedOut[0] += try orders + rig.turns(ids[0]).count
        #expect(carriedOut[0] == 120)
        #expect(rig.pausedStreams.isEmpty)
    }

    @Test func `half an order is refused after a second of silence, and the next order is carried out`()
        throws
    {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        let client = try rig.connect()
        for (id, other) in [(StreamID.host, far), (.client(place: 0), client)] {
            let before = rig.refusedCount
            try other.send("stop\nsta")
            #expect(rig.turn(id) == [.word(.stop)])
            #expect(rig.nextRetry == .seconds(1))
            try rig.retry()
            #expect(rig.refusedCount == before + 1)
            #expect(rig.log.messages.last == "unfinished order refused: \"sta\"")
            // There is no wake-up while nothing waits.
            #expect(rig.nextRetry == nil)
            try other.send("0")
            #expect(rig.turn(id) == [.digitStop])
        }
    }

    @Test func `a line whose rest has come is not dropped, even if it is read late`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send("sta")
        #expect(rig.turn(.host) == [])
        try rig.retry { try far.send("tus\n") }
        #expect(rig.turn(.host) == [.word(.status)])
        #expect(rig.refusedCount == 0)
        #expect(rig.nextRetry == nil)
    }

    @Test func `a paused stream's half order waits for its rest`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        // The stream is paused after 128 orders and reads; the word's second half is in the next read.
        let words = String(repeating: "stop\n", count: 818)
        try far.send(words + "status\n")
        let orders = try rig.turns(.host)
        #expect(orders.count == 819 && orders.last == .word(.status))
        #expect(rig.refusedCount == 0)
    }

    @Test func `an unknown stream has no orders`() throws {
        let rig = try ControlRig()
        #expect(rig.turn(.host) == [])
        #expect(rig.turn(.client(place: 5)) == [])
        #expect(!rig.canAnswer(.host) && !rig.canAnswer(.client(place: 5)))
    }

    // MARK: answers

    @Test func `each word that is owed is answered once, in order`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        let client = try rig.connect()
        try far.send("start\nstop\nstart\n")
        try client.send("dump\n")
        for id in [StreamID.host, .client(place: 0)] { rig.turn(id) { rig.owe($0, id) } }
        #expect(rig.isAnyAnswerOwed)
        rig.answerOwed(.sample(state: .streaming), where: { $0.word == .start }, error: "no CPU")
        rig.answerOwed(.sample([.bytes: 5], isComplete: false))
        rig.answerOwed()
        #expect(!rig.isAnyAnswerOwed)
        let answers = try (0..<3).map { _ in try far.nextAnswer() }
        #expect(answers.map(\.word) == [.start, .start, .stop])
        #expect(answers.map(\.error) == ["no CPU", "no CPU", nil])
        #expect(answers[0].report == .sample(state: .streaming))
        #expect(answers[2].report == .sample([.bytes: 5], isComplete: false))
        #expect(try client.nextAnswer().word == .dump)
        #expect(try far.everything() + client.everything() == "")
    }

    @Test func `each answer repeats the id of its order`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send("stop id=a\nstop\nstop id=b\nstatus id=c\nstatus id=?\n")
        rig.turn(.host) { request in
            if request.word == .stop { rig.owe(request, .host) } else { rig.answer(request, .host) }
        }
        rig.answerOwed()
        let lines = try far.everything().split(separator: "\n", omittingEmptySubsequences: false)
        // An answer with an id begins with a newline.
        #expect(lines.map { $0.isEmpty ? 0 : 1 } == [0, 1, 1, 0, 1, 1, 0, 1, 0])
        // The order with a name that is not allowed is refused.
        let answers = lines.compactMap { try? ControlProtocol.Answer(line: String($0)) }
        #expect(answers.map(\.word) == [.status, .stop, .stop, .stop])
        #expect(answers.map(\.id?.rawValue) == ["c", "a", nil, "b"])
        #expect(rig.refusedCount == 1)
    }

    @Test func `one header goes to all who wait, each with the id of its own order`() throws {
        let rig = try ControlRig()
        let clients = try (0..<3).map { try rig.connect(place: $0) }
        for (place, order) in ["metadata id=x", "metadata", "metadata id=y"].enumerated() {
            try clients[place].send(order + "\n")
            rig.turn(.client(place: place)) { rig.owe($0, .client(place: place)) }
        }
        rig.headerIsBeingMade(for: .local)
        var announcement = HeaderAnnouncement(instance: "", cpus: 1, bootID: "")
        announcement.bytes = 3
        let file = try MemoryFile.holding([1, 10, 3])
        rig.sendHeader(Attachment(file, bytes: 3), announcedBy: announcement.line, to: .local)
        while rig.isSendingHeaders { _ = rig.sendHeaders() }
        for (client, id) in zip(clients, ["x", nil, "y"]) {
            let id = try id.map { try #require(OrderID(rawValue: $0)) }
            let line = announcement.answering(id).line
            #expect(try client.everything() == (id == nil ? "" : "\n") + line + "\n\u{1}\n\u{3}")
        }
    }

    @Test func `a host finds its answer behind a header that the last one did not read`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send("metadata id=old\n")
        rig.turn(.host) { rig.owe($0, .host) }
        rig.headerIsBeingMade(for: .host)
        // Binary, with something like answers in it, and without a newline at its end.
        let fake = #"{"answer":"status","id":"new"}"#
        let text = "\u{0}\n{\"answer\":\"status\",\"id\":\"old\"}\n" + fake.replacing("new", with: "ne")
        let bytes = MemoryFile.pattern(1_000_000) + Array(text.utf8)
        let file = try MemoryFile.holding(bytes)
        rig.sendHeader(
            Attachment(file, bytes: bytes.count),
            announcedBy: HeaderAnnouncement(instance: "", cpus: 1, bootID: "").line, to: .host)
        _ = rig.sendHeaders()
        // The next host: its order comes while the rest of the header is on its way.
        try far.send("status id=new\n")
        rig.turn(.host) { rig.answer($0, .host) }
        var received: [UInt8] = []
        while rig.isSendingHeaders {
            received += try readAll(far.descriptor)
            _ = rig.sendHeaders()
        }
        received += try readAll(far.descriptor)
        #expect(received.count > bytes.count)
        let id = try #require(OrderID(rawValue: "new"))
        let lines = received.split(separator: 10).map { String(decoding: $0, as: UTF8.self) }
        let answers = lines.filter(id.isAnswered(by:))
        #expect(answers.count == 1 && answers.first == lines.last)
        #expect(try ControlProtocol.Answer(line: try #require(answers.first)).word == .status)
    }

    @Test func `answers that are not read are dropped, and orders are still carried out`() throws {
        let rig = try ControlRig()
        let client = try rig.connect()
        let id = StreamID.client(place: 0)
        let report = Report.sample(cpus: 100)
        var sent = 0
        while rig.canAnswer(id) {
            rig.answer(.status, id, report)
            sent += 1
        }
        // Neither of them is sent.
        rig.answer(.status, id, report)
        try client.send("stop\n")
        #expect(rig.turn(id) { rig.owe($0, id) } == [.word(.stop)])
        rig.answerOwed()
        #expect(!rig.isAnyAnswerOwed)
        for _ in 0..<sent {
            // What it reads makes room for the rest.
            #expect(try client.nextAnswer() == ControlProtocol.Answer(.status, report))
            rig.turn(id)
        }
        #expect(rig.canAnswer(id))
        rig.answer(.start, id)
        #expect(try client.nextAnswer().word == .start)
    }

    @Test func `a host's unsent answers are tried again each second`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        while rig.canAnswer(.host) { rig.answer(.status, .host, .sample(cpus: 100)) }
        #expect(rig.nextRetry == .seconds(1))
        while rig.nextRetry != nil {
            #expect(try far.everything() != "")
            try rig.retry()
        }
        rig.answer(.stop, .host)
        #expect(try far.everything().hasSuffix("\(ControlProtocol.Answer(.stop, .sample()).line)\n"))
    }

    @Test func `a FIFO is never answered`() throws {
        let folder = TemporaryFolder()
        try makeFIFO("\(folder.path)/fifo")
        let writer = try FileDescriptor.open("\(folder.path)/fifo", [.readWrite, .nonBlocking])
        let rig = try ControlRig(
            host: OrderStream(try .open("\(folder.path)/fifo", [.readWrite, .nonBlocking]), kind: .fifo))
        _ = try writer.write(Array("stop\nstatus\nmetadata\n".utf8))
        let orders = rig.turn(.host) { request in
            rig.owe(request, .host)
            rig.answer(request, .host)
        }
        #expect(orders == [.word(.stop), .word(.status), .word(.metadata)])
        #expect(!rig.canAnswer(.host))
        #expect(!rig.isAnyAnswerOwed)
        #expect(rig.awaitingHeader.isEmpty)
        rig.answerOwed()
        let waiting = try writer.bytesToRead()
        #expect(waiting == 0)
        #expect(rig.hasHost)
    }

    // MARK: facts

    @Test func `who gave the last order that changes something is known`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        #expect(rig.facts.lastOrder == nil)
        try far.send("1\nstatus\nmetadata\nnothing\n")
        rig.turn(.host)
        #expect(rig.facts.lastOrder == LastOrder(.start, from: .host, age: 0))
        let client = try rig.connect()
        try client.send("dump\nstatus\n")
        rig.turn(.client(place: 0))
        let expected = LastOrder(.dump, from: .client, pid: Int(getpid()), uid: Int(geteuid()), age: 0)
        #expect(rig.facts.lastOrder == expected)
    }

    @Test func `whether a host is connected is known, if there is a control port`() throws {
        #expect(try ControlRig().facts.isHostConnected == nil)
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        rig.turn(.host)
        #expect(rig.facts.isHostConnected == true)
        far.endSending()
        rig.turn(.host)
        #expect(rig.facts.isHostConnected == false)
        let next = try host.nextHost()
        rig.turn(.host)
        #expect(rig.facts.isHostConnected == true)
        withExtendedLifetime(next) {}
    }

    // MARK: leaving

    @Test func `a client that sends no more gets its answers, and is then disconnected`() throws {
        let rig = try ControlRig()
        let client = try rig.connect()
        try client.send("stop\n")
        client.endSending()
        let id = StreamID.client(place: 0)
        #expect(rig.turn(id) { rig.owe($0, id) } == [.word(.stop)])
        #expect(rig.canAnswer(id))
        rig.answerOwed(error: "late")
        #expect(try client.nextAnswer().error == "late")
        #expect(!rig.canAnswer(id))
        #expect(client.isClosed())
    }

    @Test func `what a client sent before it closed is carried out, although it cannot be answered`() throws {
        let rig = try ControlRig()
        let client = try rig.connect()
        try client.send("status\nstop\nstart\n")
        client.close()
        let orders = rig.turn(.client(place: 0)) { request in
            if request.word == .status { rig.answer(request, .client(place: 0)) }
        }
        #expect(orders == [.digitStop, .digitStart])
        #expect(rig.turn(.client(place: 0)) == [])
    }

    @Test func `a client that has left is dropped at once with what it sent`() throws {
        let rig = try ControlRig()
        let id = StreamID.client(place: 0)
        for garbage in ["x\n", "status\n", "metadata\nx\n", "x", "\n"] {
            let client = try rig.connect(place: 0)
            try client.send(String(repeating: garbage, count: 40_000 / garbage.utf8.count))
            client.close()
            #expect(rig.turn(id) { rig.owe($0, id) } == [])
            #expect(rig.pausedStreams.isEmpty)
            #expect(rig.nextRetry == nil)
            #expect(!rig.isAnyAnswerOwed && rig.awaitingHeader.isEmpty)
        }
        // 4 KiB of each was read, and the rest thrown away.
        #expect((2000..<8000).contains(rig.refusedCount))
    }

    @Test(arguments: [
        ("start\n", [Order.digitStart]), ("1", [.digitStart]), ("1\n0\n", [.digitStart, .digitStop]),
        ("status\nstop id=a\nx\n", [.digitStop]),
        ("dump\ndump\n", [.known(Request(.dump, isAnswered: false))]),
    ])
    func `what a client that leaves at once has ordered is carried out, garbage behind it is not`(
        text: String, expected: [Order]
    ) throws {
        let rig = try ControlRig()
        let id = StreamID.client(place: 0)
        let client = try rig.connect()
        try client.send(text + String(repeating: "\nx", count: 20_000))
        client.close()
        #expect(try rig.turns(id) { rig.owe($0, id) } == expected)
        #expect(!rig.isAnyAnswerOwed)
        _ = try rig.connect(place: 0)
    }

    @Test func `a client that leaves while it is paused keeps its place no longer`() throws {
        let rig = try ControlRig()
        let id = StreamID.client(place: 0)
        let client = try rig.connect()
        try client.send(String(repeating: "stop\nstart\n", count: 4000))
        rig.turn(id)
        #expect(rig.pausedStreams == [id])
        client.close()
        let orders = try rig.turns(id)
        #expect(orders.count <= 16)
        // The last one of what was read decides.
        #expect(orders.last == .digitStart || orders.last == .digitStop)
        _ = try rig.connect(place: 0)
    }

    @Test func `a paused stream is not read before its pause is over, whatever it sends`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send(String(repeating: "0\n1\n", count: 200))
        let before = rig.turn(.host).count
        #expect(rig.pausedStreams == [.host])
        try far.send("status\n")
        // What was read is carried out as the rate allows; nothing more is read.
        var orders = 0
        for _ in 0..<3 { orders += rig.turn(.host).count }
        let rest = try rig.turns(.host)
        #expect(before + orders + rest.count == 401)
        #expect(rest.last == .word(.status))
    }

    @Test func `a client that closes loses its place`() throws {
        let rig = try ControlRig()
        let id = StreamID.client(place: 0)
        do {
            let client = try rig.connect()
            try client.send("stop\n")
            rig.turn(id) { rig.owe($0, id) }
        }
        // It cannot get the answer any more.
        try rig.loop.event(.client(0))
        rig.turn(id)
        rig.answerOwed()
        #expect(!rig.canAnswer(id))
        #expect(!rig.isAnyAnswerOwed)
        let next = try rig.connect(place: 0)
        try next.send("start\n")
        #expect(rig.turn(id) == [.word(.start)])
    }

    @Test func `a host on a socket that leaves is logged, and can come back`() throws {
        let (host, far) = try SocketPair.host(.socket)
        let rig = try ControlRig(host: host)
        rig.turn(.host)
        far.close()
        try rig.loop.event(.control)
        #expect(rig.turn(.host) == [])
        #expect(!rig.hasHost)
        #expect(rig.log.messages == ["control port /dev/port has gone: closed by the other side"])
        let (next, nextFar) = try SocketPair.host(.socket)
        try rig.attach(next)
        try nextFar.send("1")
        #expect(rig.turn(.host) == [.digitStart])
    }

    @Test func `a port whose connection breaks is logged with the reason`() throws {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        far.close()
        rig.answer(.stop, .host)
        #expect(!rig.hasHost)
        #expect(rig.log.messages == ["control port /dev/port has gone: Broken pipe"])
    }

    @Test func `a host that leaves a port stays attached, and the next one gets none of its answers`() throws
    {
        let (host, far) = try SocketPair.host()
        let rig = try ControlRig(host: host)
        try far.send("stop\nsta")
        rig.turn(.host) { rig.owe($0, .host) }
        while rig.canAnswer(.host) { rig.answer(.status, .host, .sample(cpus: 100)) }
        rig.turn(.host)
        far.endSending()
        #expect(rig.turn(.host) == [])
        #expect(rig.hasHost)
        #expect(!rig.isAnyAnswerOwed)
        let next = try host.nextHost()
        try next.send("start\n")
        #expect(rig.turn(.host) { rig.owe($0, .host) } == [.word(.start)])
        rig.answerOwed()
        #expect(try next.nextAnswer().word == .start)
        #expect(try next.everything() == "")
    }
}
