import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// Pings the agent of a guest while it is recorded.
final class ClockPinger {
    private let guest: any PingedGuest
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

    init(_ guest: any PingedGuest, _ clock: TraceClock) {
        (self.guest, self.clock) = (guest, clock)
        guest.stampClock = clock
    }

    /// Pings several times, and waits for each answer.
    func pingOften() throws(Failure) {
        for _ in 0..<Self.burst {
            guard try send() else { return }
            try guest.awaitTime(within: Self.patience)
            receive()
            if isWaiting { return }
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
        isWaiting = false
        if problem == nil { isWaiting = try guest.orderTime() }
        return isWaiting
    }

    private func receive() {
        guard isWaiting, let (line, sent, arrived) = guest.stampedAnswer else { return }
        isWaiting = false
        // What is no time is no ping.
        guard let answer = try? TimeAnswer(line: line) else { return }
        guard answer.clock == clock.rawValue, let received = answer.received, let answered = answer.answered
        else {
            problem = "its trace clock has changed from \(clock.rawValue)"
            return
        }
        pings.append(ClockPing(sent: sent, received: received, answered: answered, arrived: arrived))
    }
}
