import CommandSupport
import ControlProtocol
import Logging
import Reactor
import TraceFile

/// Puts the recording of a guest on one time line with its host.
final class TimeLine {
    private let host: HostTimeLine
    private let log: Logger
    let pinger: ClockPinger
    private let process: GuestProcess?
    /// What KVM has said at the begin.
    private let kvm: KVMCounters?
    /// Of the guest's file.
    private let id = UInt64.random(in: 1 ... .max)

    /// - Parameters:
    ///   - report: What the agent has answered; `nil` if it does not answer.
    ///   - guest: Where its ports are.
    /// - Returns: `nil` if the guest's clock cannot be read; that is an error only if the host is to be recorded.
    init?(
        _ host: HostTimeLine, _ link: GuestLink, _ session: GuestSession, _ report: Report?,
        _ guest: GuestPorts, _ log: Logger
    ) throws(Failure) {
        // An agent that does not know the order does not name its clock either.
        let name = report?.facts.clock
        guard let clock = name.flatMap(TraceClock.init) else {
            let problem = "its trace clock is \(name.map { $0.utf8.escapedASCII } ?? "unknown")"
            if !host.isRecorded {
                log.info("the guest is on no time line with its host: \(problem)")
                return nil
            }
            throw Failure(
                .unavailable,
                "--host-events: the guest cannot be on one time line with its host: \(problem); choose one of \(TraceClock.names) (trace_clock in the guest's tracefs)"
            )
        }
        (self.host, self.log) = (host, log)
        pinger = ClockPinger(link, session, clock)
        process = GuestProcess(link.peer, guest)
        kvm = clock == .counter ? process.flatMap { KVMCounters(of: $0.pid) } : nil
        let monitor = host.plan.monitor ?? guest.place.monitor
        let threads = try host.isRecorded ? Self.threads(monitor, process, log) : []
        // trace-cmd refuses a file with a guest without CPUs.
        if !threads.isEmpty {
            host.add(LinkedGuest(name: guest.place.shortName, id: id, threads: threads))
        }
    }

    var clock: TraceClock { pinger.clock }

    /// What links a part of the guest's file to the host's, by what is known so far.
    func links(_ header: TraceHeader?) -> [TimeLineOption] {
        links(by: problem(header) == nil ? offsets(cpus: header?.cpus ?? 1) : nil)
    }

    /// The recording has ended: says how well the guest's time is known.
    ///
    /// - Parameter header: The guest's.
    /// - Returns: What links the guest's file to the host's.
    func end(_ header: TraceHeader?) -> [TimeLineOption] {
        if let problem = problem(header) {
            log.warning("the guest is on no time line with its host: \(problem)")
            return links(by: nil)
        }
        let offsets = offsets(cpus: header?.cpus ?? 1)
        if pinger.clock == .counter, host.scale(of: clock) != nil, !host.isCounterKnown {
            log.info("this kernel does not say how long a cycle is: that was measured during the recording")
        }
        let pings = "\(pinger.pings.count) pings"
        let source = offsets.areExact ? "KVM's own numbers, which \(pings) confirm" : pings
        let text = TimeLineText(clock, host.scale(of: clock))
        for line in text.lines(offsets.byCPU[0], from: source) { print(line) }
        return links(by: offsets)
    }

    private func problem(_ header: TraceHeader?) -> String? {
        let name = header?.clock ?? ""
        return name.isEmpty || name == clock.rawValue
            ? pinger.problem : "its trace clock has changed from \(clock.rawValue)"
    }

    private func links(by offsets: Offsets?) -> [TimeLineOption] {
        var links: [TimeLineOption] = [.traceID(id)]
        guard let offsets, !offsets.byCPU[0].lines.isEmpty else { return links }
        links.append(.timeShift(TimeShift(host: host.id, offsets.byCPU)))
        if let scale = host.scale(of: clock) { links.append(.counterScale(scale)) }
        return links
    }

    /// - Parameter monitor: QEMU's; `nil` if it is not known.
    private static func threads(
        _ monitor: String?, _ process: GuestProcess?, _ log: Logger
    ) throws(Failure) -> [LinkedGuest.Thread] {
        if let monitor { return try VirtualCPUs.threads(askedFromMonitor: monitor) }
        let threads = process.map { VirtualCPUs.threads(in: "/proc/\($0.pid)/task") } ?? []
        if threads.isEmpty {
            log.warning(
                "the threads of the guest's CPUs are not known: give QEMU's monitor (--monitor), or let QEMU name them (-name NAME,debug-threads=on)"
            )
        }
        return threads
    }

    /// How far the guest's clock is from the host's, for each CPU; there is at least one.
    private struct Offsets {
        let byCPU: [ClockOffset]
        /// Whether they are KVM's own numbers.
        let areExact: Bool
    }

    private func offsets(cpus: Int) -> Offsets {
        let measured = ClockOffset(pinger.pings, isCounter: clock == .counter)
        if let exact = exactOffsets(measured, cpus: cpus) { return Offsets(byCPU: exact, areExact: true) }
        return Offsets(byCPU: Array(repeating: measured, count: max(1, cpus)), areExact: false)
    }

    /// Those that KVM knows; `nil` if it does not, or they have changed, or pings contradict them.
    private func exactOffsets(_ measured: ClockOffset, cpus: Int) -> [ClockOffset]? {
        guard let kvm, let process, measured.lines.count == 1, let line = measured.lines.first else {
            return nil
        }
        guard kvm == KVMCounters(of: process.pid),
            let exact = kvm.offsets(ofCPUs: cpus, from: line.begin.time, to: line.end.time), !exact.isEmpty,
            exact.allSatisfy({ offset in offset.lines.allSatisfy { $0.agrees(with: pinger.pings) } })
        else {
            log.warning(
                "KVM's numbers of the guest's counters are not used: they changed, or pings contradict them")
            return nil
        }
        return exact
    }
}
