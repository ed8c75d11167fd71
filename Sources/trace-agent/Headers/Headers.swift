import CommandSupport
import Logging
import Reactor
import TraceFile

/// When trace headers are built, and for which audience.
///
/// Each audience has a slot, so none keeps another waiting, and no header for those who may see kernel addresses is ever
/// in the slot of those who may not. `Headers` knows no streams: it returns what is to be sent to which audience.
struct Headers {
    /// `nil` where nobody can ask for a header: a recording builds its own.
    private let worker: HeaderWorker?
    /// Each header costs a CPU a tenth of a second: in the long run each audience gets one a second.
    private var rates = HeaderAudience.allCases.map { _ in RateLimit(burst: 8, thenOneEvery: .seconds(1)) }
    private var uses = HeaderAudience.allCases.map { _ in Use.free }
    /// Whether a header that is wanted has to wait for its rate.
    private var isDeferred = false
    private var log: LimitedLog
    /// What was logged last of the headers for root and the host; empty if these lack nothing.
    private var warning = ""

    /// What a slot is used for.
    private enum Use { case free, building, sending }

    /// A header that is to be sent.
    struct Delivery {
        let audience: HeaderAudience
        /// The line that announces it.
        let line: String
        let file: NamedFile
        /// Bytes of `file` that are the header; 0 if there is none.
        let bytes: Int
    }

    init(_ worker: HeaderWorker?, log: Logger, _ reactor: inout AgentReactor) throws(SystemError) {
        self.worker = worker
        self.log = LimitedLog(log)
        guard let worker else { return }
        for audience in HeaderAudience.allCases {
            try reactor.watch(
                worker.slot(of: audience).readiness.descriptor, for: .readable, as: .header(audience.rawValue)
            )
        }
    }

    /// Begins to build a header for each audience that wants one and whose slot is free.
    ///
    /// - Returns: The audiences for which one is being built from now on.
    mutating func build(for wanted: [HeaderAudience]) -> [HeaderAudience] {
        isDeferred = false
        guard let worker else { return [] }
        var begun: [HeaderAudience] = []
        for audience in wanted where uses[audience.rawValue] == .free {
            guard rates[audience.rawValue].admit() else {
                isDeferred = true
                continue
            }
            uses[audience.rawValue] = .building
            worker.build(for: audience)
            begun.append(audience)
        }
        return begun
    }

    /// The worker has handed a slot back.
    mutating func headerIsBuilt(_ index: Int) throws(SystemError) -> Delivery? {
        guard let worker, let audience = HeaderAudience(rawValue: index), uses[index] == .building,
            let (bytes, line, warning) = try worker.slot(of: audience).receive()
        else { return nil }
        uses[index] = .sending
        let file = worker.slot(of: audience).file
        if line.isEmpty {
            return Delivery(audience: audience, line: worker.noMemory.line, file: file, bytes: 0)
        }
        // The group's lack addresses by intent.
        if audience != .group { log(warning) }
        return Delivery(audience: audience, line: line, file: file, bytes: bytes)
    }

    private mutating func log(_ warning: String) {
        if warning != self.warning, !warning.isEmpty { log.log("trace header: \(warning)") }
        self.warning = warning
    }

    /// The header of an audience has been sent.
    mutating func release(_ audience: HeaderAudience) throws(SystemError) {
        uses[audience.rawValue] = .free
        try worker?.slot(of: audience).empty()
    }

    /// When `build` is to be called again.
    var nextRetry: Duration? { isDeferred ? .seconds(1) : nil }
}
