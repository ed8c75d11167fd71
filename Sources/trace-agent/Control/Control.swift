import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// The streams that orders come from: the control port and the clients of the local socket; what each of them may ask
/// for, and which answers it waits for.
struct Control: ~Copyable {
    private var host: OrderStream?
    /// Where the control port is, for messages.
    private let hostPath: String
    private var clients = Clients()
    private var listeners: Listeners
    /// What all clients may ask for together: each order costs the reactor a report of every CPU.
    private var clientRate = RateLimit(burst: 64, thenOneEvery: .milliseconds(4))
    private var ordersRefused = 0
    private var transfers: HeaderTransfers
    private var log: LimitedLog
    /// Messages that clients cause.
    private var clientLog: LimitedLog
    /// Rate-limits messages about unknown orders.
    private var refusalLog: LimitedLog

    /// - Parameter host: The control port; `nil` if there is none, or none yet.
    init(
        host: OrderStream?, hostPath: String, _ sockets: [LocalSocket], log: Logger,
        _ reactor: inout AgentReactor
    ) throws(SystemError) {
        let transfers = try HeaderTransfers(&reactor)
        let listeners = try Listeners(sockets, &reactor)
        if let host { try Self.watch(host, &reactor) }
        self.host = host
        self.listeners = listeners
        self.hostPath = hostPath
        self.transfers = transfers
        self.log = LimitedLog(log)
        clientLog = LimitedLog(log)
        refusalLog = LimitedLog(log)
    }

    /// Serves a control port that has come, or has come back.
    mutating func attach(_ host: OrderStream, _ reactor: inout AgentReactor) throws(SystemError) {
        try Self.watch(host, &reactor)
        self.host = host
    }

    /// Edge-triggered, because poll(2) reports a port whose host is away for ever.
    private static func watch(_ host: OrderStream, _ reactor: inout AgentReactor) throws(SystemError) {
        try reactor.watch(host.descriptor, for: [.readable, .writable, .edge], as: .control)
    }

    var hasHost: Bool { host != nil }
    var refusedCount: Int { ordersRefused }

    private var streams: [OrderStream] { [host].compactMap { $0 } + clients.all }

    private func stream(_ id: StreamID) -> OrderStream? {
        switch id {
        case .host: host
        case .client(let place): clients[place]
        }
    }

    /// A client wants to connect.
    mutating func accept(_ listener: Int, _ reactor: inout AgentReactor) throws(SystemError) {
        try listeners.accept(listener, into: &clients, &clientLog, &reactor)
    }

    mutating func noteActivity(ofClient place: Int) { clients.noteActivity(place) }

    /// Begins to read from a stream; `nextOrder` follows until there is none.
    func beginTurn(_ id: StreamID) {
        guard let stream = stream(id) else { return }
        stream.beginTurn(limit: clients.isAnyPaused(besides: stream) ? 4 : .max)
    }

    /// The next order that is to be carried out; unknown ones are refused here.
    ///
    /// - Returns: `nil` once nothing more is there, or the stream has sent too much at a time.
    mutating func nextOrder(_ id: StreamID) -> (word: OrderWord, isAnswered: Bool)? {
        guard let stream = stream(id) else { return nil }
        while !stream.isEnded {
            if !stream.hasOrders {
                endIfDone(stream)
                guard !stream.isEnded, stream.mayHaveMore, admit(stream) else { return nil }
                read(stream)
                continue
            }
            guard admit(stream), let order = stream.nextOrder() else { return nil }
            switch order {
            case .known(let word, let isAnswered):
                log(word, from: stream)
                return (word, isAnswered)
            case .unknown(let line):
                ordersRefused += 1
                refusalLog.log("order refused: \"\(line.escapedASCII)\"", stream.logFields)
            }
        }
        return nil
    }

    /// Counts an order or a read; what clients do together counts too.
    private mutating func admit(_ stream: OrderStream) -> Bool {
        stream.client == nil ? stream.budget.admit() : stream.budget.admit(sharing: &clientRate)
    }

    private mutating func read(_ stream: OrderStream) {
        do throws(SystemError) {
            try stream.read()
        } catch {
            end(stream, because: "\(error.code)")
        }
    }

    private mutating func log(_ word: OrderWord, from stream: OrderStream) {
        guard let client = stream.client, word != .status, word != .metadata else { return }
        clientLog.log(
            "\(word.rawValue) ordered by process \(client.pid) of user \(client.uid)", level: .info,
            stream.logFields)
    }

    /// The streams that had sent too much and may go on now, in another order each time: what clients may do together
    /// is not for the first ones only.
    var pausedStreams: [StreamID] {
        let streams = [StreamID.host] + clients.taken.map { .client(place: $0) }
        return streams.filter { stream($0)?.budget.isPaused == true }.shuffled()
    }

    // MARK: answers

    /// Whether an answer would be sent, and not dropped: a report costs something.
    func canAnswer(_ id: StreamID) -> Bool { stream(id).map(\.canBeAnswered) ?? false }

    /// Remembers a word whose answer has to wait for a state to be reached, or for a header to be made.
    func oweAnswer(to word: OrderWord, _ id: StreamID) {
        if let stream = stream(id), stream.isAnswering { stream.oweAnswer(to: word) }
    }

    mutating func answer(_ word: OrderWord, _ id: StreamID, _ report: Report) {
        if let stream = stream(id) { answer(word, stream, report, error: nil) }
    }

    /// Whether any stream waits for the answer to a word.
    var isAnyAnswerOwed: Bool { streams.contains(where: \.isOwedWord) }

    /// Answers the words that waited for the state that has been reached.
    ///
    /// - Parameters:
    ///   - isDue: Which of them.
    ///   - error: Why it was not reached, or what is wrong although it was.
    mutating func answerOwed(
        _ report: Report, where isDue: (OrderWord) -> Bool = { _ in true }, error: String? = nil
    ) {
        for stream in streams {
            for word in stream.settle(where: isDue) { answer(word, stream, report, error: error) }
            endIfDone(stream)
        }
    }

    private mutating func answer(_ word: OrderWord, _ stream: OrderStream, _ report: Report, error: String?) {
        guard stream.canBeAnswered else { return }
        send(stream) { stream throws(SystemError) in
            try stream.answer(Answer(word, report, error: error).line)
        }
    }

    private mutating func send(_ stream: OrderStream, _ body: (OrderStream) throws(SystemError) -> Void) {
        do throws(SystemError) {
            try body(stream)
        } catch {
            end(stream, because: "\(error.code)")
        }
    }

    /// Lets a stream go whose other side sends no more and has got all its answers.
    private mutating func endIfDone(_ stream: OrderStream) {
        if stream.isDone, !stream.isEnded { end(stream, because: "closed by the other side") }
    }

    private mutating func end(_ stream: OrderStream, because reason: String) {
        stream.end()
        if stream === host {
            log.log("control port \(hostPath) has gone: \(reason)")
            host = nil
        } else {
            clients.remove(stream)
        }
    }

    // MARK: headers

    /// The sides on which a stream waits for a header that is not being made yet.
    var originsOwedHeader: [OrderOrigin] {
        OrderOrigin.allCases.filter { origin in
            streams.contains { $0.origin == origin && $0.isOwedHeader }
        }
    }

    /// A header is being made for the streams of `origin` that wait for one now.
    func headerIsBeingMade(for origin: OrderOrigin) {
        for stream in streams where stream.origin == origin { stream.headerIsBeingMade() }
    }

    /// Sends a header that was made to the streams that it was made for.
    mutating func sendHeader(_ attachment: Attachment, announcedBy line: String, to origin: OrderOrigin) {
        for stream in streams where stream.origin == origin { stream.attach(attachment, announcedBy: line) }
        transfers.begin(origin)
    }

    var isSendingHeaders: Bool { transfers.isActive }

    /// The turn that `sendHeaders` has asked for.
    func beginHeaderTurn() { transfers.beginTurn() }

    /// Sends each stream that gets a header its next piece.
    ///
    /// - Returns: The sides on which no stream gets one any more.
    mutating func sendHeaders() -> [OrderOrigin] {
        var done: [OrderOrigin] = []
        for origin in transfers.origins {
            for stream in streams where stream.origin == origin && stream.attachment != nil {
                send(stream) { stream throws(SystemError) in try stream.sendAnswers() }
                endIfDone(stream)
            }
            let left = streams.filter { $0.origin == origin && $0.attachment != nil }
            if left.contains(where: \.wantsTurn) { transfers.askForTurn() }
            if left.isEmpty { done.append(origin) }
        }
        for origin in done { transfers.end(origin) }
        return done
    }

    var nextRetry: Duration? {
        if host?.budget.isPaused == true || clients.isAnyPaused() || listeners.arePaused {
            return .milliseconds(250)
        }
        return host?.hasUnsentAnswers == true || isSendingHeaders ? .seconds(1) : nil
    }

    /// Sends what a port did not accept at once (it may not report that it would now), and disconnects clients that
    /// take their header too slowly, because others wait for the slot.
    mutating func retry(_ reactor: inout AgentReactor) throws(SystemError) {
        if let host { send(host) { host throws(SystemError) in try host.sendAnswers() } }
        for client in clients.all where client.attachment?.isTooSlow() == true {
            clientLog.log("a client is disconnected: it takes its header too slowly", client.logFields)
            end(client, because: "too slow")
        }
        try listeners.resume(into: &clients, &clientLog, &reactor)
    }
}
