import ControlProtocol
import Reactor

/// Whether the ring buffers are held open: they can be released while no page moves, and are opened again for a start.
///
/// A thread does both, and that takes a while: what is ordered meanwhile waits here.
struct RingHold {
    /// `nil`: they stay open.
    private let opener: RingOpener?
    private let releasesWhenStopped: Bool
    /// What the thread is doing.
    private var job: RingOpener.Job?
    /// Whether they are released, so that others may change `current_tracer`.
    private(set) var areReleased: Bool
    private var waiting = Orders()
    /// Whether they were opened for what moves now: one that could not be opened is tried again only at the next start.
    private var isOpenedForOrders = false
    private var isReleaseOrdered = false
    /// What is to be changed in the trace instance, by the number of the order; the thread does the first one.
    private var changes: [(number: Int, change: TraceChange)] = []
    /// What the last change has come to; `nil` without a thread.
    private var outcome: RingOpener.Outcome?
    /// Whether they wait for the end of a stop.
    private var areChangesHeld = false
    /// What the thread is to do once all is changed.
    private var jobAfterChanges: RingOpener.Job?

    private static let mostChanges = 16
    private static let noSetup =
        "the agent takes no orders of set-up: the guest's administrator allows them with OPTIONS=\"--setup\" in \(WellKnown.optionsFile)"

    /// Orders that wait until the ring buffers are open.
    struct Orders: Equatable {
        /// What they hold is to be sent.
        var dump = false
        /// After that, streaming is to begin.
        var start = false
    }

    /// - Parameter releasesWhenStopped: Whether they are released whenever no page moves.
    init(
        _ opener: RingOpener?, releasesWhenStopped: Bool = false, _ reactor: inout AgentReactor
    ) throws(SystemError) {
        if let opener { try reactor.watch(opener.readiness, for: .readable, as: .ringOpener) }
        self.opener = opener
        self.releasesWhenStopped = releasesWhenStopped
        areReleased = opener?.closed.isEmpty == false
        outcome = opener?.outcome
    }

    /// Why some of them are not open although pages move, `nil` if all are.
    var problem: String? {
        let problems = (opener?.closed ?? []).compactMap { ring in
            ring.openError.map { "CPU \(ring.cpu): cannot open its ring buffer again: \($0)" }
        }
        return problems.isEmpty ? nil : problems.joined(separator: "; ")
    }

    /// Whether orders wait until they are open.
    var areAwaited: Bool { waiting != Orders() }

    /// Whether pages are to move, now, or once a stop has ended or they are open.
    func isMeantToStream(in phase: Phase) -> Bool { phase.isMeantToStream || waiting.start }

    /// Whether a start can begin; if not, it waits until the ring buffers are open.
    ///
    /// - Parameter asDump: Whether a stop is to follow it.
    mutating func areReady(asDump: Bool = false) -> Bool {
        guard let opener else { return true }
        if job == nil, isOpenedForOrders || opener.closed.isEmpty { return true }
        if asDump { waiting = Orders(dump: true) } else { waiting.start = true }
        begin(.open)
        return false
    }

    /// A stop was ordered.
    ///
    /// - Returns: Whether it is to follow a start that waits.
    mutating func takesStop() -> Bool {
        guard areAwaited else { return false }
        waiting = Orders(dump: true)
        return true
    }

    /// The agent ends: what waits is not started.
    mutating func dropOrders() { waiting = Orders() }

    /// Their release was ordered: it comes once no page moves.
    mutating func release(in phase: Phase) -> [Effect] {
        if let refusal = opener?.refusal { return [.released(problem: refusal)] }
        if isMeantToStream(in: phase) {
            return [.released(problem: "streaming: the ring buffers can be released after a stop")]
        }
        isReleaseOrdered = true
        return phase == .stopped ? rest() : []
    }

    /// No page moves: releases them, if that is wanted.
    mutating func rest(startsNext: Bool = false) -> [Effect] {
        isOpenedForOrders = false
        areChangesHeld = false
        beginChange()
        guard isReleaseOrdered || releasesWhenStopped && !startsNext else { return [] }
        if job == nil, areReleased { return endRelease() }
        begin(.release)
        return []
    }

    private mutating func endRelease() -> [Effect] {
        defer { isReleaseOrdered = false }
        return isReleaseOrdered ? [.released(problem: nil)] : []
    }

    private mutating func begin(_ next: RingOpener.Job) {
        // A release is answered before what follows it.
        if job == .change, jobAfterChanges != .release { jobAfterChanges = next }
        guard let opener, job == nil else { return }
        job = next
        areReleased = false
        isOpenedForOrders = false
        opener.post(next)
    }

    /// The thread has done its job.
    ///
    /// - Returns: What that brings about, and the orders that are to be carried out now.
    mutating func jobHasEnded() -> ([Effect], Orders) {
        guard let opener else { return ([], Orders()) }
        let news = opener.news()
        var (effects, orders) =
            news & ~RingOpener.Job.triggered.rawValue > 0 ? endJob(opener) : ([], Orders())
        if news & RingOpener.Job.triggered.rawValue > 0 {
            outcome = opener.outcome
            effects.append(.triggered)
            orders.dump = true
        }
        return (effects, orders)
    }

    private mutating func endJob(_ opener: RingOpener) -> ([Effect], Orders) {
        guard let ended = job else { return ([], Orders()) }
        job = nil
        defer { beginChange() }
        if ended == .change { return ([changeHasEnded(opener)], Orders()) }
        if ended == .release {
            areReleased = true
            if areAwaited { begin(.open) }
            // One that was ordered behind a dump comes after it.
            return (areAwaited && !waiting.start ? [] : endRelease(), Orders())
        }
        // The orders were dropped meanwhile.
        if !areAwaited { return (rest(), waiting) }
        defer { waiting = Orders() }
        isOpenedForOrders = true
        return ([], waiting)
    }

    // MARK: set-up

    /// What the trace instance records; `nil` if that is not for the agent.
    var setup: TraceSetup? { outcome?.setup }

    /// Whether the tracing in that instance is on; `nil` without one.
    var isTracingOn: Bool? { outcome?.isOn }

    /// - Parameter clock: The clock when that was last read.
    func addFacts(to facts: inout AgentFacts, clock: String?) {
        let setup = setup
        (facts.setup, facts.clock, facts.areRingsReleased) = (setup, setup?.clock ?? clock, areReleased)
    }

    /// A change of the trace instance was ordered.
    mutating func change(_ change: TraceChange, number: Int, in phase: Phase) -> [Effect] {
        if let problem = refusal(of: change, in: phase) {
            return [.changed(number: number, problem: problem)]
        }
        changes.append((number, change))
        // Pages move until a stop under way has ended.
        if case .flushing = phase { areChangesHeld = true }
        beginChange()
        return []
    }

    private func refusal(of change: TraceChange, in phase: Phase) -> String? {
        if setup == nil { return Self.noSetup }
        if changes.count >= Self.mostChanges { return "too many orders of set-up wait" }
        switch change {
        case .malformed(let reason): return "no set-up: \(reason)"
        case .tracing: return nil
        case .setup, .clear:
            let isStreaming = areAwaited || isMeantToStream(in: phase)
            return isStreaming ? "streaming: what is recorded can be set up, or cleared, after a stop" : nil
        }
    }

    private mutating func beginChange() {
        guard job == nil, !areChangesHeld, let next = changes.first else { return }
        job = .change
        opener?.post(next.change)
    }

    private mutating func changeHasEnded(_ opener: RingOpener) -> Effect {
        let outcome = opener.outcome
        self.outcome = outcome
        let effect = Effect.changed(number: changes.removeFirst().number, problem: outcome.problem)
        if changes.isEmpty, let next = jobAfterChanges {
            jobAfterChanges = nil
            begin(next)
        }
        return effect
    }
}
