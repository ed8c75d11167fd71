import ControlProtocol
import Reactor

/// To which sides a header is being sent, a piece a turn of the loop.
struct HeaderTransfers: ~Copyable {
    private var receivers: Set<OrderOrigin> = []
    /// Readable while more of a header could be sent than fits in one turn: other sources have theirs in between.
    private let turn: EventFD

    init(_ reactor: inout AgentReactor) throws(SystemError) {
        let turn = try EventFD()
        try reactor.watch(turn.descriptor, for: .readable, as: .headerTurn)
        self.turn = turn
    }

    var isActive: Bool { !receivers.isEmpty }
    var origins: Set<OrderOrigin> { receivers }

    mutating func begin(_ origin: OrderOrigin) { receivers.insert(origin) }
    mutating func end(_ origin: OrderOrigin) { receivers.remove(origin) }

    func askForTurn() {
        if !poll(turn.descriptor, for: .readable, timeout: .zero) { turn.signal(1) }
    }

    func beginTurn() { _ = turn.receive() }
}
