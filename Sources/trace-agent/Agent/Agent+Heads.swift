import Logging
import Reactor

/// Where a head's way is decided: order, worker, slot, and then to those who asked, a piece at a time.
extension Agent {
    /// What is done with the slot of one sort of requester.
    enum HeadState {
        case idle
        /// The worker has it; these have asked.
        case making([OrderStream])
        /// These get what it holds.
        case sending([OrderStream])
    }

    /// How long a client may take nothing of a head, and how long all of it may take him: others wait for the slot.
    private static let patience = Duration.seconds(10)
    private static let longestTransfer = Duration.seconds(20)

    mutating func watchHeads() throws(SystemError) {
        try reactor.watch(headTurn.descriptor, for: .readable, as: .headTurn)
        guard let headWorker else { return }
        for requester in HeadRequester.allCases {
            try reactor.watch(
                headWorker.slot(of: requester).readiness.descriptor, for: .readable,
                as: .head(requester.rawValue))
        }
    }

    /// Lets the worker make a head where one is owed and the slot is free.
    mutating func makeHeads() throws(SystemError) {
        guard let headWorker, !isExiting else { return }
        isHeadPutOff = false
        for requester in HeadRequester.allCases {
            guard case .idle = headStates[requester.rawValue] else { continue }
            let waiting = streams.filter { $0.requester == requester && $0.owesHead }
            if waiting.isEmpty { continue }
            guard headRates[requester.rawValue].admit() else {
                isHeadPutOff = true
                continue
            }
            headStates[requester.rawValue] = .making(waiting)
            headWorker.make(for: requester)
        }
    }

    /// The worker has handed a slot back: those who asked, and are still there, get what it holds.
    mutating func headIsMade(_ index: Int) throws(SystemError) {
        guard let requester = HeadRequester(rawValue: index), let slot = headWorker?.slot(of: requester),
            let word = slot.readiness.take(), case .making(let waiting) = headStates[index]
        else { return }
        var headBytes = Int(word - 1)
        var line = try slot.line(afterHeadOf: headBytes)
        if line.isEmpty {
            headBytes = 0
            line = report().json(answering: "metadata", problem: "no head: no memory")
        }
        var receivers: [OrderStream] = []
        for stream in waiting where stream.takeOwedHead() && !stream.isEnded {
            stream.begin(Transfer(slot, headBytes: headBytes), announcedBy: line)
            receivers.append(stream)
        }
        headStates[index] = .sending(receivers)
        try sendHeads()
    }

    /// Sends each of those who get a head his next piece, and goes on with the next ones who wait for one.
    mutating func sendHeads() throws(SystemError) {
        for index in headStates.indices {
            guard case .sending(let receivers) = headStates[index] else { continue }
            for stream in receivers { sendPiece(to: stream) }
            let left = receivers.filter { $0.transfer != nil && !$0.isEnded }
            // Others have their turn before the next piece.
            if left.contains(where: \.wantsTurn), !isHeadTurnDue { headTurn.signal(1) }
            if !left.isEmpty {
                headStates[index] = .sending(left)
                continue
            }
            headStates[index] = .idle
            if let requester = HeadRequester(rawValue: index) { try headWorker?.slot(of: requester).empty() }
            try makeHeads()
        }
    }

    private var isHeadTurnDue: Bool { poll(headTurn.descriptor, for: .readable, timeout: .zero) }

    /// Whether anybody gets a head.
    var isAnyHeadSent: Bool {
        headStates.contains { state in
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

    /// The retry timer: a client that does not take his head goes without, because others wait for the slot.
    mutating func endStalledTransfers() {
        for stream in clients.all {
            guard let transfer = stream.transfer else { continue }
            let now = ContinuousClock.now
            if now - transfer.lastProgress > Self.patience || now - transfer.begun > Self.longestTransfer {
                clientEvents.say("a client is sent away: it takes its head too slowly", stream.logFields)
                end(stream, because: "too slow")
            }
        }
    }
}

extension OrderStream {
    /// Whose slot its heads are made in.
    fileprivate var requester: HeadRequester { client == nil ? .host : .client }
}
