import TraceFile

/// Puts the events of all CPUs in the order of time.
///
/// The pages of a CPU come in that order, but those of different CPUs do not: an agent sends a page that is not full only
/// now and then. So an event waits until each CPU has one that is later, or until its page has been here for `window`.
final class EventMerger {
    private(set) var cpus: [Int: CPUEvents] = [:]
    private let window: Duration
    private let layout: PageLayout
    /// The latest time that was passed on.
    private var latest: UInt64 = 0
    /// Events that were passed on after later ones.
    private(set) var lateEvents = 0

    /// With more bytes than these waiting, the first event waits no longer.
    static let mostQueuedBytes = 16 << 20

    /// - Parameter cpus: Those that pages are awaited from.
    init(_ layout: PageLayout, cpus: some Sequence<Int>, window: Duration) {
        self.layout = layout
        self.window = window
        for cpu in cpus { expect(cpu: cpu) }
    }

    /// Pages of a CPU are to come.
    func expect(cpu: Int) {
        if cpus[cpu] == nil { cpus[cpu] = CPUEvents(cpu: cpu, layout) }
    }

    func add(_ page: [UInt8], cpu: Int, skipped: Int = 0) {
        expect(cpu: cpu)
        cpus[cpu]?.add(page, skipped: skipped, at: .now)
    }

    /// The CPU whose next item is the next of all; `nil` if it has to wait.
    ///
    /// - Parameter isComplete: Whether nothing more is awaited.
    func next(isComplete: Bool = false) -> CPUEvents? {
        var first: CPUEvents?
        var (isAwaiting, queued) = (false, 0)
        for events in cpus.values {
            guard events.next != nil else {
                if !events.isEnded { isAwaiting = true }
                continue
            }
            queued += events.queuedBytes
            if let other = first, (other.time, other.cpu) < (events.time, events.cpu) { continue }
            first = events
        }
        guard let first else { return nil }
        guard isComplete || !isAwaiting || queued > Self.mostQueuedBytes || first.arrival + window <= .now
        else {
            return nil
        }
        if first.time < latest { lateEvents += 1 }
        latest = max(latest, first.time)
        return first
    }
}
