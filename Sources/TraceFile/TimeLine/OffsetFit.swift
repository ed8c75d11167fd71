/// The lines that pings allow for guest - host over the guest's time: an offset, and how it drifts.
///
/// A ping says two things: at `received` the offset is at most `received - sent`, at `answered` it is at least
/// `answered - arrived`. A line must lie below all points of the first kind, and above all of the second.
struct OffsetFit {
    /// Points that lines lie below, and those that they lie above: the corners of the convex hulls.
    private var highs: [Point] = []
    private var lows: [Point] = []
    /// The slopes that are possible.
    private var slopes: ClosedRange<Double>
    /// Points are relative to the first ping, so that a `Double` holds them exactly for 100 days of nanoseconds.
    private let origin: (time: Int, offset: Int)
    private var last: Int

    /// More is nothing that is known; sums with it do not overflow.
    private static let largestBound = Double(1 << 60)

    private struct Point {
        let time: Double
        let offset: Double

        func offset(at other: Double, slope: Double) -> Double { offset + slope * (other - time) }
    }

    /// - Parameter drift: The largest drift that clocks have; 0 for a constant offset.
    init(largestDrift drift: Double, from ping: ClockPing) {
        slopes = -drift...drift
        origin = (ping.received, ping.received - ping.sent)
        last = ping.received
    }

    /// Adds a later ping.
    ///
    /// - Returns: `false` if no line fits any more; the ping is then not added.
    mutating func add(_ ping: ClockPing, _ bounds: ClosedRange<Int>) -> Bool {
        let high = point(ping.received, bounds.upperBound)
        let low = point(ping.answered, bounds.lowerBound)
        var possible = Optional(slopes)
        for other in lows + [low] {
            possible = possible.flatMap { Self.slopes($0, below: high, above: other) }
        }
        for other in highs {
            possible = possible.flatMap { Self.slopes($0, below: other, above: low) }
        }
        guard let possible else { return false }
        slopes = possible
        last = ping.answered
        Self.add(high, to: &highs) { $0 >= $1 }
        Self.add(low, to: &lows) { $0 <= $1 }
        return true
    }

    private func point(_ time: Int, _ offset: Int) -> Point {
        Point(time: Double(time - origin.time), offset: Double(offset - origin.offset))
    }

    /// Those of `slopes` with which a line can lie below `high` and above `low`; `nil` if there are none.
    private static func slopes(
        _ slopes: ClosedRange<Double>, below high: Point, above low: Point
    ) -> ClosedRange<Double>? {
        let (time, room) = (high.time - low.time, high.offset - low.offset)
        if time == 0 { return room >= 0 ? slopes : nil }
        let limit = room / time
        let (least, most) = (slopes.lowerBound, slopes.upperBound)
        if time > 0 { return limit >= least ? least...min(most, limit) : nil }
        return limit <= most ? max(least, limit)...most : nil
    }

    /// Adds the last corner of a hull; corners before it that are none any more go.
    ///
    /// - Parameter isInside: Whether the first offset, of a corner, is no corner beside the second, of the line that passes it.
    private static func add(_ point: Point, to hull: inout [Point], _ isInside: (Double, Double) -> Bool) {
        while hull.count > 1 {
            let (first, middle) = (hull[hull.count - 2], hull[hull.count - 1])
            let ahead = point.time - first.time
            guard
                isInside(
                    (middle.offset - first.offset) * ahead,
                    (point.offset - first.offset) * (middle.time - first.time))
            else { break }
            hull.removeLast()
        }
        hull.append(point)
    }

    /// The line in the middle of those that are possible, from the first ping to the last, and how far they are from it.
    ///
    /// It drifts only if all of them do: a drift that is not proven would shift what was recorded long before the pings.
    var line: OffsetLine {
        let begin = ends(at: 0, highest: slopes.lowerBound, lowest: slopes.upperBound)
        let end = ends(
            at: Double(last - origin.time), highest: slopes.upperBound, lowest: slopes.lowerBound)
        // Both ends are rounded.
        return OffsetLine(
            begin: OffsetPoint(time: origin.time, offset: origin.offset + Int(begin.middle.rounded())),
            end: OffsetPoint(time: last, offset: origin.offset + Int(end.middle.rounded())),
            bound: Int(min(max(begin.bound, end.bound).rounded(.up), Self.largestBound)) + 1)
    }

    /// At one end: the offset of the middle line, and the largest distance of a possible one to it.
    ///
    /// The middle is the mean of possible lines, so it is one; between the ends no other is farther from it than at one of them.
    ///
    /// - Parameters:
    ///   - highest: The slope of the line that is highest at `time`.
    ///   - lowest: That of the lowest.
    private func ends(at time: Double, highest: Double, lowest: Double) -> (middle: Double, bound: Double) {
        let top = { slope in highs.map { $0.offset(at: time, slope: slope) }.min() ?? 0 }
        let bottom = { slope in lows.map { $0.offset(at: time, slope: slope) }.max() ?? 0 }
        let means = (slopes.contains(0) ? [0] : [highest, lowest]).map { (top($0) + bottom($0)) / 2 }
        let middle = means.reduce(0, +) / Double(means.count)
        return (middle, max(top(highest) - middle, middle - bottom(lowest)))
    }
}
