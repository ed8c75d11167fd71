import CommandSupport
import Reactor

/// When the parts of a long recording end.
struct PartSchedule: ~Copyable {
    private let limits: PartLimits
    private let timer: TimerFD
    private var clock: PartClock

    init(_ limits: PartLimits, _ reactor: inout AgentReactor) throws(SystemError) {
        let timer = try TimerFD()
        try reactor.watch(timer.descriptor, for: .readable, as: .partTimer)
        self.timer = timer
        self.limits = limits
        clock = PartClock(limits)
    }

    mutating func begin() throws(SystemError) {
        clock.begin()
        let period = limits.bytes == nil ? limits.time ?? PartClock.period : PartClock.period
        try timer.arm(after: period, every: period)
    }

    /// Whether it is time for another part, which begins then.
    ///
    /// - Parameter bytes: Bytes of all parts until now.
    mutating func isPartOver(bytes: Int) throws(SystemError) -> Bool {
        guard try timer.expirations() > 0 else { return false }
        return clock.isPartOver(bytes: bytes)
    }
}
