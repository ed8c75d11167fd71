import CommandSupport
import Reactor

/// What has to be added to the times of a ring buffer's clock to get the time of day.
enum DateOffset {
    /// Some microseconds pass while the clocks are read; an interrupt makes it more.
    private static let attempts = 10

    /// Reads the clock of `ring` between two readings of the time of day, several times, and takes the closest.
    ///
    /// - Returns: Microseconds.
    /// - Throws: 64 if the clock is a counter.
    static func measure(_ ring: Ring) throws(Failure) -> Int {
        var (offset, shortest) = (0, Int.max)
        for _ in 0..<attempts {
            let before = microsecondsSinceEpoch
            let stats = try wrappingSystemError { () throws(SystemError) in try ring.statsText() }
            let after = microsecondsSinceEpoch
            guard let now = microseconds(in: stats) else {
                throw Failure(
                    .usage, "--date: the clock of the ring buffers is a counter: choose another, --clock")
            }
            // The time of day can be set back meanwhile.
            guard (0..<shortest).contains(after - before) else { continue }
            (offset, shortest) = (before + (after - before) / 2 - now, after - before)
        }
        return offset
    }

    /// The clock's time in a ring buffer's `stats`, in microseconds; `nil` if it has no point: the clock is a counter.
    static func microseconds(in stats: String) -> Int? {
        for line in stats.split(separator: "\n") where line.hasPrefix("now ts:") {
            let parts = line.dropFirst(7).drop { $0 == " " }.split(separator: ".")
            guard parts.count == 2, parts[1].utf8.count == 6, let seconds = Int(parts[0]),
                let fraction = Int(parts[1])
            else { return nil }
            return seconds * 1_000_000 + fraction
        }
        return nil
    }
}
