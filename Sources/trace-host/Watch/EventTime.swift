import TraceFile

/// How the times of a trace clock are shown.
struct EventTime {
    /// Whether it counts nanoseconds.
    private let isNanoseconds: Bool
    /// Added to each time.
    private let offset: Int64
    /// Whether all digits are shown.
    private let isPrecise: Bool

    /// The clocks that count something else: Documentation/trace/ftrace.rst.
    private static let counters: Set<String> = ["counter", "x86-tsc", "ppc-tb", "uptime"]

    init(_ header: TraceHeader, isPrecise: Bool) {
        isNanoseconds = !Self.counters.contains(header.clock)
        offset = header.dateOffset
        self.isPrecise = isPrecise
    }

    func shifted(_ time: UInt64) -> UInt64 { time &+ UInt64(bitPattern: offset) }

    /// Appends it as trace-cmd does: seconds with 6 digits, or 9, or a plain number.
    func append(_ time: UInt64, to output: EventOutput) {
        let time = shifted(time)
        guard isNanoseconds else {
            output.append(time, width: 12, fill: UInt8(ascii: " "))
            return
        }
        let unit: UInt64 = isPrecise ? 1_000_000_000 : 1_000_000
        let count = isPrecise ? time : time / 1000 + (time % 1000 >= 500 ? 1 : 0)
        output.append(count / unit, width: 5, fill: UInt8(ascii: " "))
        output.append(".")
        output.append(count % unit, width: isPrecise ? 9 : 6)
    }
}
