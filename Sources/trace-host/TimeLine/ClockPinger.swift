import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// Pings the agent of a guest while it is recorded.
final class ClockPinger {
    private let session: GuestSession
    /// The trace clock of the guest, by which this machine's times are taken too.
    let clock: TraceClock
    private(set) var pings: [ClockPing] = []
    /// Why pings are no use any more; `nil` if they are.
    private(set) var problem: String?
    private var isWaiting = false
    private var last = ContinuousClock.now

    /// Pings before and after a recording, and the time between two of them while it goes on.
    private static let burst = 20
    private static let period = Duration.milliseconds(200)
    /// A ping that takes longer says little.
    private static let patience = Duration.seconds(2)

    init(_ session: GuestSession, _ clock: TraceClock) {
        (self.session, self.clock) = (session, clock)
        session.loop.clock = clock
    }

    /// Pings several times, and waits for each answer.
    func pingOften() throws(Failure) {
        for _ in 0..<Self.burst {
            guard try send() else { return }
            let isAnswered = try session.serve(within: Self.patience) { [loop = session.loop] in
                loop.answer != nil || loop.agentHasGone
            }
            receive()
            if !isAnswered { return }
        }
    }

    /// Takes the answer to a ping if it has come, and sends the next one if it is time; does not wait.
    func tick() {
        receive()
        guard ContinuousClock.now - last >= Self.period else { return }
        // One that cannot be sent is none: the loop notices by itself that the guest has gone.
        _ = try? send()
    }

    /// - Returns: Whether one was sent.
    private func send() throws(Failure) -> Bool {
        last = .now
        if problem != nil || session.loop.agentHasGone { return false }
        try session.give { dialog throws(SystemError) in try dialog.order(Request(.time)) }
        isWaiting = true
        return true
    }

    private func receive() {
        guard isWaiting, let line = session.loop.answer else { return }
        isWaiting = false
        guard let answer = try? TimeAnswer(line: line) else { return }
        guard answer.clock == clock.rawValue, let received = answer.received, let answered = answer.answered
        else {
            problem = "the trace clock of the guest has changed from \(clock.rawValue)"
            return
        }
        let times = session.loop.times
        pings.append(
            ClockPing(sent: times.sent, received: received, answered: answered, arrived: times.arrived))
    }
}
