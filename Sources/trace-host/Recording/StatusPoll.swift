import CommandSupport
import ControlProtocol

/// Asks an agent now and then what it does, for the progress, and for its time.
struct StatusPoll {
    /// What it had counted when the recording began; `nil` if it does not answer.
    private(set) var first: Report?
    private var latest: Report?
    private var nextOrder = ContinuousClock.now

    mutating func begin(_ report: Report?) { first = report }

    /// Takes the answer to the last order, and gives the next one if it is time for it: one at a time.
    ///
    /// - Parameter pinger: `nil` if the guest's clock cannot be read.
    mutating func enquire(_ session: GuestSession, _ pinger: ClockPinger?, statusEvery period: Duration) {
        pinger?.receive()
        // What is wrong with the agent shows with the next order that matters.
        latest = (try? session.answer())?.report ?? latest
        let isDue = ContinuousClock.now >= nextOrder
        // One that is not answered by then never will be.
        guard session.isAnswered || isDue else { return }
        if isDue {
            nextOrder = .now + period
            try? session.order(.status)
        } else if let pinger, pinger.isDue {
            pinger.send()
        }
    }

    /// What it has answered, for people; empty if nothing.
    var text: String {
        guard let latest else { return "" }
        let lost = latest.totals[.lost] - (first?.totals[.lost] ?? 0)
        let waiting = latest.cpus.filter { $0.state == .blocked }.map(\.cpu)
        let list = waiting.isEmpty ? "" : ", CPUs \(CPUList(waiting)) wait for this host"
        return ", \(max(0, lost)) events lost\(list)"
    }
}
