import CommandSupport
import ControlProtocol
import TraceFile

/// The host on one time line with the guests that are recorded together, and its own recording if one is asked for.
final class HostTimeLine {
    let plan: TimeLinePlan
    /// Of the host's file.
    let id = UInt64.random(in: 1 ... .max)
    private let counter = CounterMeasurement()
    /// The same in all files, however late each of them is made.
    private lazy var counterScale = counter.scale
    private var recording: (HostRecording, TraceClock)?
    private var guests: [LinkedGuest] = []

    init(_ plan: TimeLinePlan) { self.plan = plan }

    /// Begins the host's recording, if one is asked for.
    ///
    /// - Parameter clocks: The trace clocks of the guests, of which each is to be on the time line.
    func begin(_ clocks: [TraceClock]) throws(Failure) {
        guard isRecorded, let clock = clocks.first else { return }
        if clocks.contains(where: { $0 != clock }) {
            throw Failure(
                .unavailable,
                "--host-events: the guests have different trace clocks: \(clocks.map(\.rawValue).joined(separator: ", "))"
            )
        }
        recording = (try HostRecording(plan, clock), clock)
    }

    /// Notes a guest for the host's file.
    func add(_ guest: LinkedGuest) { guests.append(guest) }

    /// How cycles of the counter become nanoseconds; `nil` if the clock is no counter, or that is not known.
    func scale(of clock: TraceClock) -> CounterScale? { clock == .counter ? counterScale : nil }

    /// Whether the kernel says how long a cycle is.
    var isCounterKnown: Bool { counter.isKnown }
    /// Whether the host is recorded, too.
    var isRecorded: Bool { !plan.hostEvents.isEmpty }

    /// Leaves the host's recording, which then ends by itself.
    func drop() { recording = nil }

    /// Ends the host's recording, if there is one.
    func end() throws(Failure) {
        guard let (recording, clock) = recording else { return }
        self.recording = nil
        let scale = scale(of: clock)
        try recording.end(
            linkedBy: [.traceID(id)] + guests.map { .guest($0) } + (scale.map { [.counterScale($0)] } ?? []))
        print("\(recording.output): the host's events")
    }
}
