import CommandSupport
import ControlProtocol
import Logging

/// What the guest's agent records for the time of a recording, in its own trace instance; no call waits.
final class GuestSetup {
    private let setup: TraceSetup
    private let session: GuestSession
    private let log: Logger
    /// Whether it is to be cleared at the end.
    private(set) var isInForce = false

    init(_ setup: TraceSetup, _ session: GuestSession, _ log: Logger) {
        self.setup = setup
        self.session = session
        self.log = log
    }

    var isAskedFor: Bool { setup != TraceSetup() }

    /// Orders it.
    ///
    /// - Parameter report: What the agent has answered before; `nil` if it does not answer.
    func begin(_ report: Report?) throws(Failure) {
        guard report?.facts.setup != nil else {
            throw Failure(
                .unavailable,
                "the guest's agent takes no orders of set-up (-e, -f, -p, -C, -b): in the guest, OPTIONS=\"--setup\" in \(WellKnown.optionsFile) allows them"
            )
        }
        try session.order(Request(.setup(setup)))
        // It is carried out, whether somebody waits for the answer or not.
        isInForce = true
    }

    /// The agent has had time to answer.
    ///
    /// - Returns: What the agent has counted since.
    /// - Throws: A failure with the agent's reason if it refuses.
    func noteBegin() throws(Failure) -> Report {
        guard let answer = try session.answer() else {
            throw Failure(.tryAgain, "the agent does not answer the set-up")
        }
        guard let error = answer.error else { return answer.report }
        isInForce = false
        throw Failure(.usage, error)
    }

    /// Lets the agent record nothing any more; after the last header, because that empties the ring buffers.
    func end() {
        do throws(Failure) { try session.order(Request(.clear)) } catch { warn("\(error)") }
    }

    /// The agent has had time to answer.
    func noteEnd() {
        guard isInForce else { return }
        isInForce = false
        do throws(Failure) {
            let answer = try session.answer()
            if answer == nil || answer?.error != nil { warn(answer?.error ?? "no answer") }
        } catch {
            warn("\(error)")
        }
    }

    private func warn(_ reason: String) {
        log.warning("what is recorded in the guest is not put back, trace-host clear does it: \(reason)")
    }
}
