import CommandSupport
import ControlProtocol
import Reactor

/// A connection that orders come from and answers go back on: the control port, or a client of the local socket.
final class OrderStream {
    let descriptor: FileDescriptor
    /// The process on the other side; `nil` for the host.
    let client: PeerCredentials?
    /// Whether the other side's leaving ends the stream: true for a socket, not for a port.
    private let endsWhenAway: Bool
    /// Whether answers can be sent.
    private(set) var isAnswering: Bool
    /// Whether the other side has left, and no read has found it connected since.
    private(set) var isAway: Bool
    private var orders = OrderQueue()
    private var outbox = Outbox()
    private var debts = AnswerDebts()
    var budget: StreamBudget
    /// Whether there is something to read in this turn, as far as is known.
    private(set) var mayHaveMore = true
    /// Whether the other side sends no more: a host that left a port comes back on the same port.
    private var hasLeft = false
    /// Whether an order was carried out, or a read found none: the stream had its chance.
    private(set) var hasHadTurn = false
    /// Whether the stream is no longer served.
    private(set) var isEnded = false
    /// Whether the last order was a word, which is answered, and not a digit.
    private(set) var usesWords = false
    /// A line that no order asked for; the other side gets it if it is there when it is read from for the first time.
    private var notice: String?

    /// The control port, or what stands in for it.
    init(_ descriptor: consuming FileDescriptor, kind: FileDescriptor.Kind) {
        self.descriptor = descriptor
        client = nil
        endsWhenAway = kind == .socket
        isAway = kind != .socket
        // What is written to a FIFO that is open both ways comes back as an order.
        isAnswering = kind != .fifo
        budget = StreamBudget(RateLimit(burst: 128, thenOneEvery: .milliseconds(2)))
    }

    /// A client of the local socket, of which there are many.
    init(_ descriptor: consuming FileDescriptor, client: PeerCredentials) {
        self.descriptor = descriptor
        self.client = client
        endsWhenAway = true
        isAway = false
        isAnswering = true
        budget = StreamBudget(RateLimit(burst: 128, thenOneEvery: .milliseconds(10)))
    }

    /// Whose trace headers this stream gets.
    var audience: HeaderAudience { HeaderAudience(of: client) }

    func end() { isEnded = true }

    /// Goes on with a host that has sent words to an earlier process.
    ///
    /// - Parameter notice: A line for it.
    func resume(notifying notice: String) { (usesWords, self.notice) = (true, notice) }

    /// Sends a line that no order asked for, if the other side is there and speaks in words.
    func notify(_ notice: String) throws(SystemError) { if usesWords, !isAway { try answer(notice) } }

    // MARK: orders

    /// Begins a turn: at most `limit` orders and reads.
    func beginTurn(limit: Int) {
        budget.beginTurn(limit: limit)
        mayHaveMore = true
        debts.markAsOld()
        outbox.markAnswersAsOld()
    }

    /// The next order that was read; `nil` if another read is needed.
    func nextOrder() -> Order? {
        guard let order = orders.next() else { return nil }
        hasHadTurn = true
        if case .known(let request) = order { usesWords = request.isAnswered }
        return order
    }

    var hasOrders: Bool { !orders.isEmpty }

    /// Whether nothing is left to do for a stream whose other side sends no more.
    var isDone: Bool { hasLeft && !hasOrders && (client == nil || !isOwed) }

    /// Reads once, at most 4 KiB; sends what is queued if nothing more is there.
    ///
    /// - Throws: `ENODEV` once a port has been unplugged.
    func read() throws(SystemError) {
        defer { if orders.isEmpty { hasHadTurn = true } }
        let count = try receive()
        if let count, count > 0 { return }
        mayHaveMore = false
        orders.endOfRead()
        if client == nil {
            try noteHost(isAway: count == 0)
        } else {
            // A client that sends no more may still read: shutdown(2).
            try sendAnswers()
            hasLeft = count == 0
        }
    }

    /// Reads at most 4 KiB.
    ///
    /// - Returns: 0 at the end, `nil` if nothing is there.
    private func receive() throws(SystemError) -> Int? {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) {
            buffer throws(SystemError) -> Int? in
            let count = try descriptor.read(into: buffer)
            if let count, count > 0 {
                orders.add(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            }
            return count
        }
    }

    /// The most orders of a client that has left that are carried out.
    private static let mostAfterLeaving = 16

    /// Drops what a client that has left waits for, because nobody reads an answer, and most of what it sent.
    ///
    /// One more read is made, of 4 KiB at most. Of what was read, the last orders that change the agent's state are left to
    /// be carried out: a client may send `start`, and leave at once.
    ///
    /// - Returns: The lines that were no order.
    func clientHasLeft() -> [[UInt8]] {
        guard isAnswering else { return [] }
        // What cannot be read is not carried out: nobody waits for it.
        _ = try? receive()
        (isAnswering, hasLeft, mayHaveMore) = (false, true, false)
        (outbox, debts) = (Outbox(), AnswerDebts())
        let refused = orders.senderHasLeft(keeping: Self.mostAfterLeaving)
        // No event may follow: the retry timer gives it another turn, if it has no turn now.
        if orders.isEmpty { budget.resume() } else { budget.pause() }
        return refused
    }

    /// Keeps apart what belongs to a host that has left and to the one that comes next on the same port.
    private func noteHost(isAway: Bool) throws(SystemError) {
        let hasJustLeft = isAway && !self.isAway
        self.isAway = isAway
        if isAway {
            // Half an order of the host that left does not belong to the next one.
            orders.dropLine()
            (notice, usesWords) = (nil, false)
        } else {
            if let notice, isAnswering, usesWords { outbox.add(notice) }
            notice = nil
            try sendAnswers()
        }
        // Nor do its answers. But the next host's orders can be here before the port reports it as connected, or even
        // before the port reports that the last one left: what was read in this turn is the next host's.
        if hasJustLeft {
            outbox.dropOldAnswers()
            debts.dropOld()
            hasLeft = endsWhenAway
        }
    }

    /// Whether a line has begun whose rest has not come.
    var hasUnfinishedLine: Bool { orders.hasUnfinishedLine }

    /// Drops a line whose rest has not come for a second.
    ///
    /// - Returns: The line, to be refused; `nil` if there is none.
    func dropUnfinishedLine() -> Order? {
        orders.dropUnfinishedLine { poll(descriptor, for: .readable, timeout: .zero) }
    }

    // MARK: answers

    /// Whether the other side waits for an answer, has not read one yet, or has orders that are not carried out.
    var isOwed: Bool { !debts.isEmpty || hasUnsentAnswers || hasOrders }

    /// Whether a word waits for its answer.
    var isOwedWord: Bool { debts.hasWords }

    /// Remembers a word whose answer has to wait; a stream that sends too many of them gets no answer.
    func oweAnswer(to order: OwedOrder) {
        guard order.request.isAnswered, order.word.answerTime != .atOnce, isAnswering, !isEnded else {
            return
        }
        debts.add(order)
    }

    /// The words that `isDue` picks; they are owed no more.
    func settle(where isDue: (OwedOrder) -> Bool) -> [Request] { debts.settle(where: isDue) }

    /// Edge-triggered, because poll(2) reports a port whose host is away for ever.
    func watchHost(in reactor: borrowing AgentReactor) throws(SystemError) {
        try reactor.watch(descriptor, for: [.readable, .writable, .edge], as: .control)
    }

    /// Queues one line and sends what the other side accepts; drops the line if too much waits already.
    func answer(_ line: String) throws(SystemError) {
        guard isAnswering else { return }
        outbox.add(line)
        try sendAnswers()
    }

    /// Answers a line that is no order: only to a host that sends words.
    func refuse(_ line: [UInt8]) throws(SystemError) {
        guard client == nil, usesWords, canBeAnswered else { return }
        try answer(Refusal(line, text: line.escapedASCII).lineToSend)
    }

    /// Whether so many answers wait that another one would be wasted.
    var isCongested: Bool { outbox.isCongested }

    /// Whether an answer would be sent, and not dropped.
    var canBeAnswered: Bool { isAnswering && !isEnded && !isCongested }

    /// Whether answers, or an attachment, wait for the other side to accept them.
    var hasUnsentAnswers: Bool { !outbox.isEmpty }

    /// Sends what is queued, as far as the other side accepts it without waiting and a turn lasts.
    func sendAnswers() throws(SystemError) { try outbox.send(to: descriptor) }

    // MARK: headers

    /// Whether a header was asked for and not made yet.
    var isOwedHeader: Bool { debts.hasHeaders }

    /// The header that is made from now on is one that this stream has asked for.
    func headerIsBeingMade() { debts.headerIsBeingMade() }

    /// Queues the header's line and the header, if this stream still waits for it; later answers follow.
    ///
    /// - Parameter line: Makes the line for the id of the order that asked for the header.
    func attach(_ attachment: Attachment, announcedBy line: (OrderID?) -> String) {
        guard let request = debts.settleHeader(), !isEnded else { return }
        outbox.add(attachment, announcedBy: line(request.id))
    }

    /// The header that is on its way.
    var attachment: Attachment? { outbox.attachment }

    /// Whether more of it could be sent than fits in one turn.
    var wantsTurn: Bool { outbox.wantsTurn }
}
