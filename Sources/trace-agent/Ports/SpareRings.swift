import CommandSupport
import ControlProtocol

/// The ring buffers whose CPUs have no port, and what stays in them.
struct SpareRings {
    private(set) var rings: [Ring]
    private let online: OnlineCPUs?
    /// Whether any of them held events when the last stop ended.
    private var heldEvents = false

    /// - Parameter online: `nil`: no CPU without a port is reported.
    init(_ rings: [Ring], _ online: OnlineCPUs?) {
        self.rings = rings
        self.online = online
    }

    /// The CPU has a port now.
    mutating func remove(cpu: Int) { rings.removeAll { $0.cpu == cpu } }

    /// Adds the CPUs that are online and have no port: all that is known of them is what their ring buffers hold.
    ///
    /// - Parameter isEndOfStop: Whether a stop has just ended: it is not complete if they hold events.
    mutating func add(to report: inout Report, isEndOfStop: Bool) {
        let online = Set(rings.isEmpty ? [] : online?.cpus ?? [])
        let portless = rings.filter { online.contains($0.cpu) }.map(Self.report)
        if isEndOfStop { heldEvents = portless.contains { $0.counts[.unread] > 0 } }
        if heldEvents { report.isComplete = false }
        if portless.isEmpty { return }
        report.cpus = (report.cpus + portless).sorted { $0.cpu < $1.cpu }
        let cpus = CPUList(portless.map(\.cpu))
        report.warnings.append(
            portless.count == 1
                ? "CPU \(cpus) has no port: its events stay in its ring buffer; --cpu leaves it out"
                : "CPUs \(cpus) have no port: their events stay in their ring buffers; --cpu leaves them out")
    }

    private static func report(_ ring: Ring) -> CPUReport {
        var counts = Counts()
        // If the file cannot be read, this CPU lacks its figure, and the others have theirs.
        if let stats = try? ring.stats() { counts[.unread] = stats.unread }
        return CPUReport(cpu: ring.cpu, state: .portless, counts: counts)
    }
}
