import ControlProtocol
import Reactor
import TraceFile

/// How this machine's cycle counter becomes nanoseconds: as the kernel says, or measured over a time.
struct CounterMeasurement {
    private let known: CounterScale?
    private let begin: (cycles: Int, nanoseconds: Int)

    /// Begins to measure.
    ///
    /// - Parameter known: The scale, if the kernel gives it.
    init(known: CounterScale? = Self.ofKernel) {
        self.known = known
        begin = Self.now
    }

    /// `nil` where the kernel does not say, or may not be asked.
    static var ofKernel: CounterScale? {
        (try? kernelCounterScale()).flatMap { $0 }.flatMap { CounterScale(mult: $0.mult, shift: $0.shift) }
    }

    /// Both clocks, as close to each other as possible.
    private static var now: (cycles: Int, nanoseconds: Int) {
        let readings = (0..<10).map { _ in
            let before = TraceClock.counter.now
            let nanoseconds = TraceClock.monoRaw.now
            return (before: before, nanoseconds: nanoseconds, after: TraceClock.counter.now)
        }
        let closest = readings.min { $0.after - $0.before < $1.after - $1.before } ?? readings[0]
        return (closest.before + (closest.after - closest.before) / 2, closest.nanoseconds)
    }

    var isKnown: Bool { known != nil }

    /// `nil` if the counter does not count evenly.
    var scale: CounterScale? {
        if let known { return known }
        let end = Self.now
        return CounterScale(
            cycles: end.cycles - begin.cycles, nanoseconds: end.nanoseconds - begin.nanoseconds)
    }
}
