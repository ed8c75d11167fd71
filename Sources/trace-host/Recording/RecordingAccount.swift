import CommandSupport
import ControlProtocol

/// Compares what has come from a guest with what its agent counts.
struct RecordingAccount {
    private let before: Report?
    private let after: Report?
    /// Bytes in the file of each CPU.
    private let received: [Int: Int]

    /// - Parameters:
    ///   - before: What the agent had counted before the recording; `nil` if it does not answer.
    ///   - after: The same after its stop.
    init(before: Report?, after: Report?, received: [Int: Int]) {
        self.before = before
        self.after = after
        self.received = received
    }

    /// Whether both reports are of one process of the agent, whose counters began once.
    var isComparable: Bool {
        guard let before, let after, before.facts.bootID == after.facts.bootID,
            before.facts.restarts == after.facts.restarts,
            before.facts.running ?? 0 <= after.facts.running ?? 0
        else { return false }
        return after.cpus.allSatisfy { $0.counts[.bytes] >= Self.count(.bytes, $0.cpu, in: before) }
    }

    private static func count(_ counter: Counter, _ cpu: Int, in report: Report?) -> Int {
        report?.cpus.first { $0.cpu == cpu }?.counts[counter] ?? 0
    }

    private func difference(_ counter: Counter, _ cpu: Int) -> Int {
        Self.count(counter, cpu, in: after) - Self.count(counter, cpu, in: before)
    }

    /// Bytes of `cpu` that the port accepted during the recording; `nil` if that is unknown.
    func sent(cpu: Int) -> Int? { isComparable ? difference(.bytes, cpu) : nil }

    /// Bytes that are still to come.
    var outstanding: Int {
        received.reduce(0) { sum, entry in sum + max(0, (sent(cpu: entry.key) ?? 0) - entry.value) }
    }

    /// Bytes at the start of the file of `cpu` that do not belong to the recording.
    ///
    /// - Parameter isContinued: Whether the agent was streaming before: then only the rest of a torn page does not.
    func excess(cpu: Int, isContinued: Bool) -> Int {
        guard let after, let sent = sent(cpu: cpu), let received = received[cpu], received > sent else {
            return 0
        }
        if !isContinued { return received - sent }
        return after.isComplete && after.pageSize > 0 ? received % after.pageSize : 0
    }

    /// Events that the kernel overwrote while the agent was stopped.
    var overwritten: Int {
        guard isComparable, let after else { return 0 }
        return after.cpus.reduce(0) { $0 + difference(.overwritten, $1.cpu) }
    }

    /// A line a CPU: what came, and what the agent has counted.
    var lines: [String] {
        let rows = received.keys.sorted().map { cpu in
            let counts = [Counter.lost, .overwritten].map { isComparable ? "\(difference($0, cpu))" : "?" }
            return ["\(cpu)", "\(received[cpu, default: 0])", sent(cpu: cpu).map { "\($0)" } ?? "?"] + counts
        }
        return Table(["cpu", "bytes", "sent by the agent", "lost", "overwritten"], rows).lines
    }

    /// What is missing, a sentence each.
    var problems: [String] {
        guard let after else { return [] }
        guard isComparable else {
            return [
                "the guest or its agent has started anew during the recording: what is missing is unknown"
            ]
        }
        var problems: [String] = []
        for report in after.cpus {
            let (cpu, sent) = (report.cpu, difference(.bytes, report.cpu))
            if let received = received[cpu], received < sent {
                problems.append(
                    "CPU \(cpu): \(sent - received) of \(sent) bytes that the agent sent did not come")
            } else if received[cpu] == nil, sent > 0 {
                problems.append("CPU \(cpu): its port was not recorded: \(sent) bytes")
            }
            let lost = difference(.lost, cpu)
            if lost > 0 {
                problems.append("CPU \(cpu): the kernel lost \(lost) events while it was recorded")
            }
        }
        if !after.isComplete {
            problems.append(
                "the stop is not complete: \(IncompleteStop.causes(after).joined(separator: "; "))")
        }
        return problems
    }
}
