import CommandSupport
import ControlProtocol
import Logging

/// What the guest's agent records for the time of a recording, in its own trace instance.
final class GuestSetup {
    private let setup: TraceSetup
    private let session: GuestSession
    private let log: Logger
    /// Whether it is to be cleared at the end.
    private var isInForce = false

    init(_ setup: TraceSetup, _ session: GuestSession, _ log: Logger) {
        self.setup = setup
        self.session = session
        self.log = log
    }

    /// Orders it, if anything is asked for.
    ///
    /// - Parameter report: What the agent has answered before; `nil` if it does not answer.
    /// - Throws: A failure with the agent's reason if it refuses.
    func begin(_ report: Report?) throws(Failure) {
        if setup == TraceSetup() { return }
        guard report?.facts.setup != nil else {
            throw Failure(
                .unavailable,
                "the guest's agent takes no orders of set-up (-e, -f, -p, -C, -b): in the guest, OPTIONS=\"--setup\" in \(WellKnown.optionsFile) allows them"
            )
        }
        guard let answer = try session.order(Request(.setup(setup))) else {
            throw Failure(.tryAgain, "the agent does not answer the set-up")
        }
        isInForce = answer.error == nil
        if let error = answer.error { throw Failure(.usage, error) }
    }

    /// Lets the agent record nothing any more; after the last header, because that empties the ring buffers.
    func end() {
        guard isInForce else { return }
        isInForce = false
        do throws(Failure) {
            let answer = try session.order(Request(.clear))
            if let error = answer?.error { throw Failure(.unavailable, error) }
            if answer == nil { throw Failure(.tryAgain, "no answer") }
        } catch {
            log.warning("what is recorded in the guest is not put back, trace-host clear does it: \(error)")
        }
    }
}
