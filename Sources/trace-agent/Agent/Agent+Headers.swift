import Logging
import Reactor

/// Where a header's way is decided: order, worker, slot, and then to those who asked, a piece at a time.
extension Agent {
    /// What is done with the slot of one sort of requester.
    enum HeaderState {
        case idle
        /// The worker has it; these have asked.
        case making([OrderStream])
        /// These get what it holds.
        case sending([OrderStream])
    }

    /// How long a client may take nothing of a header, and how long all of it may take him: others wait for the slot.
    private static let patience = Duration.seconds(10)
    private static let longestTransfer = Duration.seconds(20)

    mutating func watchHeaders() throws(SystemError) {
        try reactor.watch(headerTurn.descriptor, for: .readable, as: .headerTurn)
        guard let headerWorker else { return }
        for requester in HeaderRequester.allCases {
            try reactor.watch(
                headerWorker.slot(of: requester).readiness.descriptor, for: .readable,
                as: .header(requester.rawValue))
        }
    }

    /// Lets the worker make a header where one is owed and the slot is free.
    mutating func makeHeaders() throws(SystemError) {
        guard let headerWorker, !isExiting else { return }
        isHeaderPutOff = false
        for requester in HeaderRequester.allCases {
            guard case .idle = headerStates[requester.rawValue] else { continue }
            let waiting = streams.filter { $0.requester == requester && $0.owesHeader }
            if waiting.isEmpty { continue }
            guard headerRates[requester.rawValue].admit() else {
                isHeaderPutOff = true
                continue
            }
            headerStates[requester.rawValue] = .making(waiting)
            headerWorker.make(for: requester)
        }
    }

    /// The worker has handed a slot back: those who asked, and are still there, get what it holds.
    mutating func headerIsMade(_ index: Int) throws(SystemError) {
        guard let requester = HeaderRequester(rawValue: index), let slot = headerWorker?.slot(of: requester),
            let word = slot.readiness.receive(), case .making(let waiting) = headerStates[index]
        else { return }
        var headerBytes = Int(word - 1)
        var line = try slot.line(afterHeaderOf: headerBytes)
        if line.isEmpty {
            headerBytes = 0
            line = report().json(answering: "metadata", problem: "no header: no memory")
        }
        var receivers: [OrderStream] = []
        for stream in waiting where stream.takeOwedHeader() && !stream.isEnded {
            stream.begin(Transfer(slot, headerBytes: headerBytes), announcedBy: line)
            receivers.append(stream)
        }
        headerStates[index] = .sending(receivers)
        try sendHeaders()
    }

    /// Sends each of those who get a header his next piece, and goes on with the next ones who wait for one.
    mutating func sendHeaders() throws(SystemError) {
        for index in headerStates.indices {
            guard case .sending(let receivers) = headerStates[index] else { continue }
            for stream in receivers { sendPiece(to: stream) }
            let left = receivers.filter { $0.transfer != nil && !$0.isEnded }
            // Others have their turn before the next piece.
            if left.contains(where: \.wantsTurn), !isHeaderTurnDue { headerTurn.signal(1) }
            if !left.isEmpty {
                headerStates[index] = .sending(left)
                continue
            }
            headerStates[index] = .idle
            if let requester = HeaderRequester(rawValue: index) {
                try headerWorker?.slot(of: requester).empty()
            }
            try makeHeaders()
        }
    }

    private var isHeaderTurnDue: Bool { poll(headerTurn.descriptor, for: .readable, timeout: .zero) }

    /// Whether anybody gets a header.
    var isAnyHeaderSent: Bool {
        headerStates.contains { state in
            if case .sending = state { true } else { false }
        }
    }

    private mutating func sendPiece(to stream: OrderStream) {
        if stream.isEnded { return }
        do throws(SystemError) {
            try stream.sendAnswers()
        } catch {
            return end(stream, because: "\(error.code)")
        }
        endIfAnswered(stream)
    }

    /// The retry timer: a client that does not take his header goes without, because others wait for the slot.
    mutating func endStalledTransfers() {
        for stream in clients.all {
            guard let transfer = stream.transfer else { continue }
            let now = ContinuousClock.now
            if now - transfer.lastProgress > Self.patience || now - transfer.begun > Self.longestTransfer {
                clientEvents.say("a client is sent away: it takes its header too slowly", stream.logFields)
                end(stream, because: "too slow")
            }
        }
    }
}

extension OrderStream {
    /// Whose slot its headers are made in.
    fileprivate var requester: HeaderRequester { client == nil ? .host : .client }
}
