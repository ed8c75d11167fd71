import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// Pings the agent of a guest while it is recorded; no call waits.
final class ClockPinger {
    private let link: GuestLink
    private let session: GuestSession
    /// The trace clock of the guest, by which this machine's times are taken too.
    let clock: TraceClock
    private(set) var pings: [ClockPing] = []
    /// Why pings are no use any more; `nil` if they are.
    private(set) var problem: String?
    private var isWaiting = false
    private var last = ContinuousClock.now

    /// Pings before and after a recording, and the time between two of them while it goes on.
    static let burst = 20
    private var period = Duration.milliseconds(200)
    /// Pings that are kept: of a longer recording, every second one.
    private static let most = 8192

    init(_ link: GuestLink, _ session: GuestSession, _ clock: TraceClock) {
        (self.link, self.session, self.clock) = (link, session, clock)
        link.clock = clock
    }

    /// Whether it is time for another ping.
    var isDue: Bool { ContinuousClock.now - last >= period }

    /// Sends a ping.
    ///
    /// One that cannot be sent is none: the loop notices by itself that the guest has gone.
    func send() {
        last = .now
        if problem != nil || link.agentHasGone { return }
        isWaiting = (try? session.order(.time)) != nil
    }

    /// Takes the answer to the last ping, if it has come.
    func receive() {
        guard isWaiting, let line = link.answer else { return }
        isWaiting = false
        // Another order may have overtaken the ping.
        guard let answer = try? TimeAnswer(line: line), answer.word == .time else { return }
        guard answer.clock == clock.rawValue, let received = answer.received, let answered = answer.answered
        else {
            problem = "its trace clock has changed from \(clock.rawValue)"
            return
        }
        if pings.count >= Self.most {
            // Fewer widen the bound, and never make it wrong.
            pings = pings.indices.filter { $0.isMultiple(of: 2) }.map { pings[$0] }
            period *= 2
        }
        let times = link.times
        pings.append(
            ClockPing(sent: times.sent, received: received, answered: answered, arrived: times.arrived))
    }
}
