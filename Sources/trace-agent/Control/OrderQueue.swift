import ControlProtocol

/// Orders that were read from a stream and are not carried out yet, and the line that is not complete.
struct OrderQueue {
    private var parser = OrderParser()
    private var orders: [Order] = []
    /// Since when nothing has come behind the beginning of a line; `nil` if no line has begun.
    private var silentSince: ContinuousClock.Instant?

    /// How long the rest of a line may take.
    static let longestSilence = Duration.seconds(1)

    var isEmpty: Bool { orders.isEmpty }

    /// The next order, which is then carried out; `nil` if there is none.
    mutating func next() -> Order? { orders.isEmpty ? nil : orders.removeFirst() }

    /// Adds what was read.
    mutating func add(_ bytes: UnsafeRawBufferPointer) {
        silentSince = nil
        orders.add(parser.parse(bytes))
    }

    /// Nothing more is there to read now: a digit without a newline is an order.
    mutating func endOfRead() {
        orders.add(parser.endOfRead())
        if !parser.hasUnfinishedLine { silentSince = nil } else if silentSince == nil { silentSince = .now }
    }

    /// Drops the beginning of a line: its rest will not come.
    mutating func dropLine() {
        parser.reset()
        silentSince = nil
    }

    /// Whether a line has begun whose rest has not come.
    var hasUnfinishedLine: Bool { silentSince != nil }

    /// Drops a line whose rest has not come for a second: what comes later is another order.
    ///
    /// - Parameter mayHaveMore: Whether there is something to read.
    /// - Returns: The line, to be refused; `nil` if there is none.
    mutating func dropUnfinishedLine(unless mayHaveMore: () -> Bool) -> Order? {
        guard let silentSince, ContinuousClock.now - silentSince >= Self.longestSilence, !mayHaveMore()
        else { return nil }
        self.silentSince = nil
        return parser.dropUnfinishedLine()
    }

    /// Keeps only the last `count` orders that change the agent's state, without an answer: their sender has left.
    ///
    /// - Returns: The lines that were no order.
    mutating func senderHasLeft(keeping count: Int) -> [[UInt8]] {
        endOfRead()
        dropLine()
        var kept: [Order] = []
        var refused: [[UInt8]] = []
        for order in orders {
            switch order {
            case .known(let request) where request.word.changesState:
                kept.add([.known(Request(request.word, isAnswered: false))])
            case .known: break
            case .unknown(let line): refused.append(line)
            }
        }
        orders = Array(kept.suffix(count))
        return refused
    }
}
