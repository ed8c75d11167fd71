import Reactor

/// A connection that orders come from, and that answers go back on: the control port, or a client of the socket.
final class OrderStream {
    let descriptor: FileDescriptor
    /// Who is on the other side; `nil` for the host.
    let client: PeerCredentials?
    /// Whether the other side's leaving ends it: so with a socket, not with a port.
    let endsWhenAway: Bool
    /// Whether answers can be sent.
    let isAnswering: Bool
    /// Whether the other side has left, and a read has not found it connected since.
    private var isAway: Bool
    private var parser = OrderParser()
    /// What is to be sent.
    private var outbox = Outbox()

    /// Orders that have come and are not carried out yet.
    var orders: [Order] = []
    /// Words whose answer waits for a stop to be flushed.
    private(set) var answersDue: [Order] = []
    /// A look at the stream and an order cost one each.
    private var rate: RateLimit
    private var leftInTurn = Int.max
    /// Whether it has sent too much, and the rest has to wait.
    var isPaused = false
    /// Whether an order of its has been carried out, or there was none when it was looked at.
    var isHeard = false
    /// Whether nothing more comes, and it ends once nothing is owed.
    var endsOnceAnswered = false
    /// Whether nothing more is to be done with it.
    var isEnded = false

    /// The most words that are owed an answer.
    private static let mostDue = 64

    /// The control port, or what stands in for it.
    init(_ descriptor: consuming FileDescriptor, kind: FileDescriptor.Kind) {
        self.descriptor = descriptor
        client = nil
        endsWhenAway = kind == .socket
        isAway = kind != .socket
        // What is written to a FIFO that is open both ways comes back as an order.
        isAnswering = kind != .fifo
        rate = RateLimit(burst: 128, thenOneEvery: .milliseconds(2))
    }

    /// A client of the socket, of which there are many.
    init(_ descriptor: consuming FileDescriptor, client: PeerCredentials) {
        self.descriptor = descriptor
        self.client = client
        endsWhenAway = true
        isAway = false
        isAnswering = true
        rate = RateLimit(burst: 128, thenOneEvery: .milliseconds(10))
    }

    /// Counts an order or a look; too many have to wait.
    func mayGoOn() -> Bool {
        isPaused = !rate.admit()
        return !isPaused
    }

    /// Lets it have `limit` orders and looks, before others that wait have theirs.
    func beginTurn(limit: Int) { leftInTurn = limit }

    /// Counts one of them.
    func isInTurn() -> Bool {
        leftInTurn -= 1
        return leftInTurn >= 0
    }

    /// Whether it waits for an answer, or for one to be sent.
    var isOwed: Bool { !answersDue.isEmpty || owesAnswers || !orders.isEmpty }

    /// What a look at the stream brought.
    enum Arrival: Equatable {
        case orders([Order])
        /// Nothing more is there; these digits had no newline.
        case nothingMore([Order])
        /// The same, and the other side has left.
        case away([Order])
    }

    /// Reads once, at most 4 KiB.
    ///
    /// - Throws: `ENODEV` once a port has been unplugged.
    func receive() throws(SystemError) -> Arrival {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer throws(SystemError) in
            let count = try descriptor.read(into: buffer)
            if let count, count > 0 { return .orders(parser.parse(buffer[..<count])) }
            let digits = parser.pause()
            if client != nil {
                // Who sends no more may still listen: shutdown(2).
                try sendAnswers()
                return count == 0 ? .away(digits) : .nothingMore(digits)
            }
            let hasLeft = count == 0 && !isAway
            isAway = count == 0
            if isAway {
                // Half an order of one who has left is not for the next one who comes.
                parser.reset()
            } else {
                try sendAnswers()
            }
            // Nor are answers; but the next one's orders can be here before the port tells that he has come, or even
            // that the one before has left, so answers to what was read just now stay.
            if hasLeft { outbox.forgetOlder() }
            outbox.noteLook()
            return hasLeft ? .away(digits) : .nothingMore(digits)
        }
    }

    /// Remembers a word whose answer has to wait; who sends too many of them goes without.
    func oweAnswer(to order: Order) {
        if answersDue.count < Self.mostDue { answersDue.append(order) }
    }

    /// Forgets the first `count` words that are owed an answer.
    func forgetAnswersDue(_ count: Int) { answersDue.removeFirst(min(count, answersDue.count)) }

    /// The words that `isDue` picks; they are owed no more.
    func takeAnswersDue(where isDue: (Order) -> Bool) -> [Order] {
        defer { answersDue.removeAll(where: isDue) }
        return answersDue.filter(isDue)
    }

    /// Queues one line and sends what the other side takes; drops the line if too much waits already.
    func answer(_ line: String) throws(SystemError) {
        guard isAnswering else { return }
        outbox.add(line)
        try sendAnswers()
    }

    /// Whether so many answers wait that making another would be wasted.
    var isCongested: Bool { outbox.isCongested }

    /// Whether answers, or a header, wait for the other side to take them.
    var owesAnswers: Bool { !outbox.isEmpty }

    /// Sends what is queued, as far as the other side takes it without waiting and a turn lasts.
    func sendAnswers() throws(SystemError) { try outbox.send(to: descriptor) }

    // MARK: headers

    /// Whether it waits for a header.
    var owesHeader: Bool { answersDue.contains(.metadata) }

    /// The one that is on its way.
    var transfer: Transfer? { outbox.transfer }

    /// Whether more of it could be sent than fits in a turn.
    var wantsTurn: Bool { outbox.wantsTurn }

    /// One header less that it waits for.
    ///
    /// - Returns: `false` if it does not wait for any.
    func takeOwedHeader() -> Bool {
        guard let index = answersDue.firstIndex(of: .metadata) else { return false }
        answersDue.remove(at: index)
        return true
    }

    /// Queues the line and the header that it announces; what is answered from now on follows them.
    func begin(_ transfer: Transfer, announcedBy line: String) { outbox.add(transfer, announcedBy: line) }
}
