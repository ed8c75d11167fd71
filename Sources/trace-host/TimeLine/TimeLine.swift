import CommandSupport
import ControlProtocol
import Logging
import Reactor
import TraceFile

/// Puts the recording of a guest, and that of its host, on one time line.
final class TimeLine {
    private let plan: TimeLinePlan
    private let folder: String
    private let log: Logger
    private let pinger: ClockPinger
    private let counter = CounterMeasurement()
    private let process: GuestProcess?
    /// What KVM has said at the begin.
    private let kvm: KVMCounters?
    private var hostRecording: HostRecording?
    /// The threads of the guest's CPUs, if the host is recorded.
    private let threads: [GuestLink.Thread]
    /// Why the host's file is not made; `nil` if it is.
    private(set) var failure: Failure?
    /// Of the guest's file, and the host's.
    private let ids = (guest: UInt64.random(in: 1 ... .max), host: UInt64.random(in: 1 ... .max))

    /// Begins the host's recording, and pings the guest.
    ///
    /// - Returns: `nil` if the guest's clock cannot be read; that is only said if the host is to be recorded.
    init?(
        _ plan: TimeLinePlan, _ guest: any PingedGuest, _ report: Report?, _ folder: String, _ log: Logger
    ) throws(Failure) {
        // An agent that does not know the order does not name its clock either.
        let name = report?.facts.clock
        guard let clock = name.flatMap(TraceClock.init) else {
            let problem = "its trace clock is \(name.map { $0.utf8.escapedASCII } ?? "unknown")"
            if plan.hostEvents.isEmpty {
                log.info("the guest is on no time line with its host: \(problem)")
                return nil
            }
            throw Failure(
                .unavailable,
                "--host-events: the guest cannot be on one time line with its host: \(problem); choose one of \(TraceClock.names) (trace_clock in the guest's tracefs)"
            )
        }
        (self.plan, self.folder, self.log) = (plan, folder, log)
        pinger = ClockPinger(guest, clock)
        process = GuestProcess(guest, folder)
        kvm = clock == .counter ? process.flatMap { KVMCounters(of: $0.pid) } : nil
        threads = try plan.hostEvents.isEmpty ? [] : Self.threads(plan, process, log)
        if !plan.hostEvents.isEmpty {
            hostRecording = try HostRecording(of: plan.hostEvents, to: plan.hostOutput, clock)
        }
        try pinger.pingOften()
    }

    /// To be called while the guest is recorded: pings it when it is time.
    func tick() { pinger.tick() }

    /// To be called when nothing is recorded any more.
    func pingOften() throws(Failure) { try pinger.pingOften() }

    /// Ends the host's recording.
    ///
    /// - Parameter header: The guest's.
    /// - Returns: What links the guest's file to the host's.
    func end(_ header: TraceHeader?) -> [TimeLineOption] {
        let scale = pinger.clock == .counter ? counter.scale : nil
        let (clock, begun) = (header?.clock ?? "", pinger.clock.rawValue)
        let hasChanged = !clock.isEmpty && clock != begun
        let problem = hasChanged ? "its trace clock has changed from \(begun)" : pinger.problem
        var links: [TimeLineOption] = [.traceID(ids.guest)]
        if let problem {
            log.warning("the guest is on no time line with its host: \(problem)")
        } else if let offsets = offsets(cpus: header?.cpus ?? 1, scale) {
            links.append(.timeShift(TimeShift(host: ids.host, offsets)))
            if let scale { links.append(.counterScale(scale)) }
        }
        // The guest's file is made all the same.
        do throws(Failure) { try endHost(scale) } catch { failure = error }
        return links
    }

    private func endHost(_ scale: CounterScale?) throws(Failure) {
        guard let hostRecording else { return }
        let name = folder.split(separator: "/").last.map(String.init) ?? "guest"
        // trace-cmd refuses a file with a guest without CPUs.
        let guests = threads.isEmpty ? [] : [GuestLink(name: name, id: ids.guest, threads: threads)]
        let scales = [scale].compactMap(\.self)
        try hostRecording.end(
            linkedBy: [.traceID(ids.host)] + guests.map { .guest($0) } + scales.map { .counterScale($0) })
        print("\(hostRecording.output): the host's events")
    }

    private static func threads(
        _ plan: TimeLinePlan, _ process: GuestProcess?, _ log: Logger
    ) throws(Failure) -> [GuestLink.Thread] {
        if let monitor = plan.monitor { return try VirtualCPUs.threads(askedFromMonitor: monitor) }
        let threads = process.map { VirtualCPUs.threads(in: "/proc/\($0.pid)/task") } ?? []
        if threads.isEmpty {
            log.warning(
                "the threads of the guest's CPUs are not known: give QEMU's monitor (--qmp), or let QEMU name them (-name NAME,debug-threads=on)"
            )
        }
        return threads
    }

    /// One for each CPU; `nil` if no ping was answered.
    private func offsets(cpus: Int, _ scale: CounterScale?) -> [ClockOffset]? {
        let pings = pinger.pings
        let offset = ClockOffset(pings, isCounter: pinger.clock == .counter)
        let text = TimeLineText(pinger.clock, scale)
        if pinger.clock == .counter, scale != nil, !counter.isKnown {
            log.info("this kernel does not say how long a cycle is: that was measured during the recording")
        }
        if let exact = exactOffsets(offset, cpus: cpus) {
            for line in text.lines(exact[0], from: "KVM's own numbers, which \(pings.count) pings confirm") {
                print(line)
            }
            return exact
        }
        for line in text.lines(offset, from: "\(pings.count) pings") { print(line) }
        return offset.lines.isEmpty ? nil : Array(repeating: offset, count: cpus)
    }

    /// Those that KVM knows; `nil` if it does not, or they have changed, or pings contradict them.
    private func exactOffsets(_ measured: ClockOffset, cpus: Int) -> [ClockOffset]? {
        guard let kvm, let process, measured.lines.count == 1, let line = measured.lines.first else {
            return nil
        }
        guard kvm == KVMCounters(of: process.pid),
            let exact = kvm.offsets(ofCPUs: cpus, from: line.begin.time, to: line.end.time),
            exact.allSatisfy({ offset in offset.lines.allSatisfy { $0.agrees(with: pinger.pings) } })
        else {
            log.warning(
                "KVM's numbers of the guest's counters are not used: they changed, or pings contradict them")
            return nil
        }
        return exact
    }
}
