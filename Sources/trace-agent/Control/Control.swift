import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// The streams that orders come from: the control port and the clients of the local socket; what each of them may ask
/// for, and which answers it waits for.
struct Control: ~Copyable {
    private var streams: Streams
    /// Where the control port is, for messages.
    private let hostPath: String
    /// The stream whose turn it is: its orders are carried out even if it has ended meanwhile.
    private var turn: (id: StreamID, stream: OrderStream)?
    private var listeners: Listeners
    /// What all clients may ask for together: each order costs the reactor a report of every CPU.
    private var clientRate = RateLimit(burst: 64, thenOneEvery: .milliseconds(4))
    private var transfers: HeaderTransfers
    private var log: LimitedLog
    /// Messages that clients cause.
    private var clientLog: LimitedLog
    private var orderLog: OrderLog
    private var orderCount = 0

    /// - Parameter host: The control port; `nil` if there is none, or none yet.
    init(
        host: OrderStream?, hostPath: String, _ sockets: [LocalSocket], log: Logger,
        _ reactor: inout AgentReactor
    ) throws(SystemError) {
        let transfers = try HeaderTransfers(&reactor)
        let listeners = try Listeners(sockets, &reactor)
        try host?.watchHost(in: reactor)
        (streams, self.hostPath) = (Streams(host: host), hostPath)
        self.listeners = listeners
        self.transfers = transfers
        (self.log, clientLog, orderLog) = (LimitedLog(log), LimitedLog(log), OrderLog(log))
    }

    /// Serves a control port that has come, or has come back.
    mutating func attach(_ host: OrderStream, _ reactor: inout AgentReactor) throws(SystemError) {
        try host.watchHost(in: reactor)
        streams.host = host
    }

    var hasHost: Bool { streams.host != nil }
    var hostUsesWords: Bool { streams.host?.usesWords ?? false }
    var refusedCount: Int { orderLog.refusedCount }

    /// Adds who gave the last order, and whether a host is there.
    func addFacts(to report: inout Report) {
        report.facts.lastOrder = orderLog.lastOrder
        report.facts.isHostConnected = streams.host.map { !$0.isAway }
    }

    mutating func accept(_ listener: Int, _ reactor: inout AgentReactor) throws(SystemError) {
        try listeners.accept(listener, into: &streams.clients, &clientLog, &reactor)
    }

    mutating func noteActivity(ofClient place: Int) { streams.clients.noteActivity(place) }
    private func stream(_ id: StreamID) -> OrderStream? { turn?.id == id ? turn?.stream : streams[id] }

    /// Begins the turn of a stream; `nextOrder` follows until there is none.
    ///
    /// - Parameter afterPause: Whether a pause of the stream is over.
    mutating func beginTurn(_ id: StreamID, afterPause: Bool = false) {
        turn = nil
        guard let stream = stream(id) else { return }
        turn = (id, stream)
        if stream.client != nil, isHungUp(stream.descriptor) { clientHasLeft(stream) }
        if afterPause { stream.budget.resume() }
        stream.beginTurn(limit: streams.clients.isAnyPaused(besides: stream) ? 4 : .max)
    }

    /// The next order that is to be carried out; unknown ones are refused here.
    ///
    /// - Returns: `nil` once nothing more is there, or the stream has sent too much at a time: its turn is over.
    mutating func nextOrder(_ id: StreamID) -> Request? {
        while let stream = stream(id) {
            guard stream.hasOrders else {
                endIfDone(stream)
                guard !stream.isEnded, stream.mayHaveMore, !stream.budget.isPaused, admit(stream) else {
                    break
                }
                use(stream) { stream throws(SystemError) in try stream.read() }
                continue
            }
            guard admit(stream), let order = stream.nextOrder() else { break }
            switch order {
            case .known(let request):
                orderLog.note(request.word, from: stream)
                return request
            case .unknown(let line):
                orderLog.refuse(line, from: stream)
                use(stream) { stream throws(SystemError) in try stream.refuse(line) }
            }
        }
        turn = nil
        return nil
    }

    /// Counts an order or a read; what clients do together counts too.
    private mutating func admit(_ stream: OrderStream) -> Bool {
        stream.client == nil ? stream.budget.admit() : stream.budget.admit(sharing: &clientRate)
    }

    var pausedStreams: [StreamID] { streams.paused }

    /// Whether an answer would be sent, and not dropped: a report costs something.
    func canAnswer(_ id: StreamID) -> Bool { stream(id)?.canBeAnswered ?? false }

    mutating func answer(_ request: Request, _ id: StreamID, _ report: Report) {
        guard let stream = stream(id) else { return }
        send(Answer(request.word, id: request.id, report, error: nil).lineToSend, to: stream)
    }

    /// Answers with a time, which is read once more at the last moment.
    mutating func answer(_ time: TimeAnswer, _ id: StreamID) {
        if let stream = stream(id) { send(time.lineToSend, to: stream) }
    }

    /// Numbers an order, and remembers it if its answer waits for a state to be reached, or for a header to be built.
    mutating func oweAnswer(to request: Request, _ id: StreamID) -> Int {
        orderCount += 1
        stream(id)?.oweAnswer(to: OwedOrder(request: request, number: orderCount))
        return orderCount
    }

    /// Whether any stream waits for the answer to a word.
    var isAnyAnswerOwed: Bool { streams.all.contains(where: \.isOwedWord) }

    /// Answers the words that waited for the state that has been reached, and that `isDue` picks.
    ///
    /// - Parameter error: Why it was not reached, or what is wrong although it was.
    mutating func answerOwed(
        _ report: Report, where isDue: (OwedOrder) -> Bool = { _ in true }, error: String? = nil
    ) {
        for stream in streams.all {
            for request in stream.settle(where: isDue) {
                send(Answer(request.word, id: request.id, report, error: error).lineToSend, to: stream)
            }
            endIfDone(stream)
        }
    }

    /// Sends a line, which is made only if it would not be dropped.
    private mutating func send(_ line: @autoclosure () -> String, to stream: OrderStream) {
        guard stream.canBeAnswered else { return }
        use(stream) { stream throws(SystemError) in try stream.answer(line()) }
    }

    /// Tells the host what it has not asked for.
    mutating func notifyHost(_ notice: Notice) {
        if let host = streams.host {
            use(host) { host throws(SystemError) in try host.notify(notice.lineToSend) }
        }
    }

    /// Reads or sends on a stream, and ends it if that fails.
    private mutating func use(_ stream: OrderStream, _ body: (OrderStream) throws(SystemError) -> Void) {
        do throws(SystemError) {
            try body(stream)
        } catch {
            if stream.client == nil { return end(stream, because: "\(error.code)") }
            clientHasLeft(stream)
        }
    }

    private mutating func clientHasLeft(_ stream: OrderStream) {
        orderLog.refuse(stream.clientHasLeft(), ofLeaving: stream)
        endIfDone(stream)
    }

    /// Ends a stream whose other side sends no more and has got all its answers.
    private mutating func endIfDone(_ stream: OrderStream) {
        if stream.isDone, !stream.isEnded { end(stream, because: "closed by the other side") }
    }

    private mutating func end(_ stream: OrderStream, because reason: String) {
        stream.end()
        if stream.client == nil { log.log("control port \(hostPath) has gone: \(reason)") }
        streams.remove(stream)
    }

    /// The audiences in which a stream waits for a header, one that is being made included.
    var awaitingHeader: [HeaderAudience] { streams.awaitingHeader }

    /// A header is being made for the streams of `audience` that wait for one now.
    func headerIsBeingMade(for audience: HeaderAudience) {
        for stream in streams.of(audience) { stream.headerIsBeingMade() }
    }

    /// Sends a header that was made to the streams that it was made for.
    ///
    /// - Parameter line: Announces it; each stream gets its own line, with the id of its order.
    mutating func sendHeader(_ header: Attachment, announcedBy line: String, to audience: HeaderAudience) {
        // The agent's own line: it can be read.
        let announcement = try? HeaderAnnouncement(line: line)
        for stream in streams.of(audience) {
            stream.attach(header) { id in announcement?.answering(id).lineToSend ?? line }
        }
        transfers.begin(audience)
    }

    var isSendingHeaders: Bool { transfers.isActive }
    /// The turn that `sendHeaders` has asked for.
    func beginHeaderTurn() { transfers.beginTurn() }

    /// Sends each stream that gets a header its next piece.
    ///
    /// - Returns: The audiences in which no stream gets one any more.
    mutating func sendHeaders() -> [HeaderAudience] {
        var done: [HeaderAudience] = []
        for audience in transfers.audiences {
            for stream in streams.of(audience) where stream.attachment != nil {
                use(stream) { stream throws(SystemError) in try stream.sendAnswers() }
                endIfDone(stream)
            }
            let left = streams.of(audience).filter { $0.attachment != nil }
            if left.contains(where: \.wantsTurn) { transfers.askForTurn() }
            if left.isEmpty { done.append(audience) }
        }
        for audience in done { transfers.end(audience) }
        return done
    }

    var nextRetry: Duration? {
        if streams.isAnyPaused || listeners.arePaused { return .milliseconds(250) }
        if streams.host?.hasUnsentAnswers == true || isSendingHeaders { return .seconds(1) }
        return streams.all.contains(where: \.hasUnfinishedLine) ? OrderQueue.longestSilence : nil
    }

    /// Sends what a port did not accept at once (it may not report that it would now), refuses lines whose rest does not
    /// come, and disconnects clients that read their header too slowly, because others wait for the slot.
    mutating func retry() {
        for stream in streams.all {
            if case .unknown(let line)? = stream.dropUnfinishedLine() {
                orderLog.refuse(line, from: stream, isUnfinished: true)
            }
        }
        if let host = streams.host { use(host) { host throws(SystemError) in try host.sendAnswers() } }
        for client in streams.clients.all where client.attachment?.isTooSlow() == true {
            clientLog.log("a client is disconnected: it reads its header too slowly", client.logFields)
            end(client, because: "too slow")
        }
    }

    /// Goes on with connections that had to wait, once those who are connected had their turn.
    mutating func resumeConnections(_ reactor: inout AgentReactor) throws(SystemError) {
        try listeners.resume(into: &streams.clients, &clientLog, &reactor)
    }
}
