import ControlProtocol
import Reactor
import TraceFile

/// When trace headers are built, and for which side.
///
/// The host has one slot, all clients together another, so neither keeps the other waiting. `Headers` knows no streams: it
/// returns what is to be sent to which side.
struct Headers {
    /// `nil` where nobody can ask for a header: a recording builds its own.
    private let worker: HeaderWorker?
    /// Each header costs a CPU a tenth of a second: in the long run each side gets one a second.
    private var rates = OrderOrigin.allCases.map { _ in RateLimit(burst: 8, thenOneEvery: .seconds(1)) }
    private var uses = OrderOrigin.allCases.map { _ in Use.free }
    /// Whether a header that is wanted has to wait for its rate.
    private var isDeferred = false

    /// What a slot is used for.
    private enum Use { case free, building, sending }

    /// A header that is to be sent.
    struct Delivery {
        let origin: OrderOrigin
        /// The line that announces it.
        let line: String
        let file: NamedFile
        /// Bytes of `file` that are the header; 0 if there is none.
        let bytes: Int
    }

    init(_ worker: HeaderWorker?, _ reactor: inout AgentReactor) throws(SystemError) {
        self.worker = worker
        guard let worker else { return }
        for origin in OrderOrigin.allCases {
            try reactor.watch(
                worker.slot(of: origin).readiness.descriptor, for: .readable, as: .header(origin.rawValue))
        }
    }

    /// Begins to build a header for each side that wants one and whose slot is free.
    ///
    /// - Returns: The sides for which one is being built from now on.
    mutating func build(for wanted: [OrderOrigin]) -> [OrderOrigin] {
        isDeferred = false
        guard let worker else { return [] }
        var begun: [OrderOrigin] = []
        for origin in wanted where uses[origin.rawValue] == .free {
            guard rates[origin.rawValue].admit() else {
                isDeferred = true
                continue
            }
            uses[origin.rawValue] = .building
            worker.build(for: origin)
            begun.append(origin)
        }
        return begun
    }

    /// The worker has handed a slot back.
    mutating func headerIsBuilt(_ index: Int) throws(SystemError) -> Delivery? {
        guard let worker, let origin = OrderOrigin(rawValue: index), uses[index] == .building,
            let (bytes, line) = try worker.slot(of: origin).receive()
        else { return nil }
        uses[index] = .sending
        let file = worker.slot(of: origin).file
        if line.isEmpty { return Delivery(origin: origin, line: worker.noMemory.line, file: file, bytes: 0) }
        return Delivery(origin: origin, line: line, file: file, bytes: bytes)
    }

    /// The header of a side has been sent.
    mutating func release(_ origin: OrderOrigin) throws(SystemError) {
        uses[origin.rawValue] = .free
        try worker?.slot(of: origin).empty()
    }

    /// When `build` is to be called again.
    var nextRetry: Duration? { isDeferred ? .seconds(1) : nil }
}
