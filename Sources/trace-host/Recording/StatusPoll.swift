import CommandSupport
import ControlProtocol

/// Asks an agent now and then what it does, for the progress.
struct StatusPoll {
    /// What it had counted when the recording began; `nil` if it does not answer.
    private(set) var first: Report?
    private var latest: Report?
    private var nextOrder = ContinuousClock.now

    mutating func begin(_ report: Report?) { first = report }

    /// Whether it is time for another order.
    var isDue: Bool { ContinuousClock.now >= nextOrder }

    /// Takes the answer to the last order, if it has come.
    mutating func receive(_ session: GuestSession) {
        // What is wrong with the agent shows with the next order that matters.
        latest = (try? session.answer())?.report ?? latest
    }

    mutating func send(_ session: GuestSession, every period: Duration) {
        nextOrder = .now + period
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
