import ControlProtocol
import TraceFile

/// What is known of a guest's time, for people.
struct TimeLineText {
    private let clock: TraceClock
    /// `nil`: the clock has nanoseconds, or its unit is not known.
    private let scale: CounterScale?

    init(_ clock: TraceClock, _ scale: CounterScale?) { (self.clock, self.scale) = (clock, scale) }

    /// - Parameter source: What the offset is known from.
    func lines(_ offset: ClockOffset, from source: String) -> [String] {
        guard let last = offset.lines.last, let bound = offset.bound else {
            return ["time line: none: no answer of the guest had times (\(source))"]
        }
        let drift = Int((last.drift * 1e9).rounded())
        let assumption = drift == 0 ? "" : ", drift \(drift) ppb"
        var lines = [
            "time line: guest - host is known within \(span(bound)) (\(clock.rawValue), \(source)\(assumption))"
        ]
        for step in offset.steps {
            lines.append(
                "time line: the guest's clock made a step of \(span(step.change)) within \(span(step.to - step.from)) of its time: a pause, a migration, or a clock that was set; events within may be wrong by it"
            )
        }
        if offset.unusable > 0 { lines.append("time line: \(offset.unusable) pings contradict themselves") }
        return lines
    }

    /// A time in microseconds or milliseconds, or in cycles if they cannot be converted.
    private func span(_ units: Int) -> String {
        if clock == .counter, scale == nil { return "\(units) cycles" }
        let nanoseconds = scale?.nanoseconds(units) ?? units
        let isLong = abs(nanoseconds) >= 10_000_000
        let tenths = nanoseconds / (isLong ? 100_000 : 100)
        let sign = tenths < 0 ? "-" : ""
        return "\(sign)\(abs(tenths) / 10).\(abs(tenths) % 10) \(isLong ? "ms" : "us")"
    }
}
