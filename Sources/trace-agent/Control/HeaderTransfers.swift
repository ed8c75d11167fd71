import Reactor

/// To which audiences a header is being sent, a piece a turn of the loop.
struct HeaderTransfers: ~Copyable {
    private var receivers: Set<HeaderAudience> = []
    /// Readable while more of a header could be sent than fits in one turn: other sources have theirs in between.
    private let turn: EventFD

    init(_ reactor: inout AgentReactor) throws(SystemError) {
        let turn = try EventFD()
        try reactor.watch(turn.descriptor, for: .readable, as: .headerTurn)
        self.turn = turn
    }

    var isActive: Bool { !receivers.isEmpty }
    var audiences: Set<HeaderAudience> { receivers }

    mutating func begin(_ audience: HeaderAudience) { receivers.insert(audience) }
    mutating func end(_ audience: HeaderAudience) { receivers.remove(audience) }

    func askForTurn() {
        if !poll(turn.descriptor, for: .readable, timeout: .zero) { turn.signal(1) }
    }

    func beginTurn() { _ = turn.receive() }
}
