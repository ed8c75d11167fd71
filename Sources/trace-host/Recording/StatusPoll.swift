import CommandSupport
import ControlProtocol

/// Asks an agent now and then what it does, for the progress.
struct StatusPoll {
    /// What it had counted when the recording began; `nil` if it does not answer.
    private(set) var first: Report?
    private var latest: Report?
    private var nextOrder = ContinuousClock.now

    mutating func begin(_ report: Report?) { first = report }

    /// Takes the answer to the last order, and asks again once `period` is over.
    mutating func refresh(_ session: GuestSession, every period: Duration) {
        guard ContinuousClock.now >= nextOrder else { return }
        nextOrder = .now + period
        // What is wrong with the agent shows with the next order that matters.
        latest = (try? session.answer())?.report ?? latest
        try? session.order(.status)
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
