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
    /// What is sent next: answers, or a piece of a head.
    private var answers: [UInt8] = []
    /// A head that is being sent; `answers` held the line that announces it, then holds its pieces.
    private(set) var transfer: Transfer?
    /// Answers that follow it.
    private var laterAnswers: [UInt8] = []
    /// How many bytes of the answers, of the later ones if there are such, were queued when everything had been read
    /// the last time.
    private var olderAnswers = 0
    /// Whether more of a head could be sent than fits in a turn.
    private(set) var wantsTurn = false

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

    /// The most bytes of answers that wait for the other side to read.
    private static let longestQueue = 256 << 10
    /// The most bytes that are sent in a turn.
    private static let turn = 256 << 10
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
            if hasLeft { forgetOlderAnswers() }
            olderAnswers = transfer == nil ? answers.count : laterAnswers.count
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
        guard isAnswering, queued + line.utf8.count < Self.longestQueue else { return }
        if transfer == nil { answers += line.utf8 + [newline] } else { laterAnswers += line.utf8 + [newline] }
        try sendAnswers()
    }

    private var newline: UInt8 { UInt8(ascii: "\n") }

    private var queued: Int { answers.count + laterAnswers.count }

    /// Whether so many answers wait that making another would be wasted.
    var isCongested: Bool { queued > Self.longestQueue / 2 }

    /// Whether answers, or a head, wait for the other side to take them.
    var owesAnswers: Bool { !answers.isEmpty || transfer != nil }

    /// Sends what is queued, as far as the other side takes it without waiting and a turn lasts.
    func sendAnswers() throws(SystemError) {
        var left = Self.turn
        wantsTurn = false
        while try hasMore() {
            if left <= 0 {
                wantsTurn = true
                return
            }
            guard let sent = try descriptor.write(answers), sent > 0 else { return }
            answers.removeFirst(sent)
            left -= sent
            transfer?.lastProgress = .now
            if transfer == nil { olderAnswers = max(0, olderAnswers - sent) }
        }
    }

    /// Whether there is anything to send, the next piece of a head included.
    private func hasMore() throws(SystemError) -> Bool {
        if answers.isEmpty, transfer != nil {
            answers = try transfer?.next() ?? []
            if answers.isEmpty { endTransfer() }
        }
        return !answers.isEmpty
    }

    // MARK: heads

    /// Whether it waits for a head.
    var owesHead: Bool { answersDue.contains(.metadata) }

    /// Whether one is on its way.
    var isSendingHead: Bool { transfer != nil }

    /// One head less that it waits for.
    ///
    /// - Returns: `false` if it does not wait for any.
    func takeOwedHead() -> Bool {
        guard let index = answersDue.firstIndex(of: .metadata) else { return false }
        answersDue.remove(at: index)
        return true
    }

    /// Queues the line and the head that it announces; what is answered from now on follows them.
    func begin(_ transfer: Transfer, announcedBy line: String) {
        answers += line.utf8 + [newline]
        olderAnswers = 0
        self.transfer = transfer
    }

    private func endTransfer() {
        transfer = nil
        answers = laterAnswers
        laterAnswers = []
    }

    /// Forgets what was meant for one who has left: a head that was on its way to him, too.
    private func forgetOlderAnswers() {
        if transfer != nil { endTransfer() }
        answers.removeFirst(olderAnswers)
    }
}
