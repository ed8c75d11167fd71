import Reactor

/// When the parts of a long recording end.
struct PartSchedule: ~Copyable {
    private let limits: PartLimits
    private let timer: TimerFD
    private var begun = ContinuousClock.now
    private var bytesBefore = 0

    /// How often the size of a part is checked.
    private static let period = Duration.milliseconds(50)

    init(_ limits: PartLimits, _ reactor: inout AgentReactor) throws(SystemError) {
        let timer = try TimerFD()
        try reactor.watch(timer.descriptor, for: .readable, as: .partTimer)
        self.timer = timer
        self.limits = limits
    }

    mutating func begin() throws(SystemError) {
        begun = .now
        let period = limits.bytes == nil ? limits.time ?? Self.period : Self.period
        try timer.arm(after: period, every: period)
    }

    /// Whether it is time for another part, which begins then.
    ///
    /// - Parameter bytes: Bytes of all parts until now.
    mutating func isPartOver(bytes: Int, at now: ContinuousClock.Instant = .now) throws(SystemError) -> Bool {
        guard try timer.expirations() > 0 else { return false }
        // A timer may come a bit early after one that came late.
        let isOld = limits.time.map { now - begun >= $0 - Self.period / 2 } ?? false
        let isLarge = limits.bytes.map { bytes - bytesBefore >= $0 } ?? false
        guard isOld || isLarge else { return false }
        (begun, bytesBefore) = (now, bytes)
        return true
    }
}
