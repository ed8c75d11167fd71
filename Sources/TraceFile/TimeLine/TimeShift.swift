/// How the times of a guest's file become those of its host's: the option TIME_SHIFT, trace-cmd.dat.v7(5).
package struct TimeShift: Equatable, Codable, Sendable {
    /// The trace id of the host's file.
    private let host: UInt64
    /// For each CPU, one or more: with none, trace-cmd uses memory that is not its own.
    private let samples: [[OffsetPoint]]

    /// - Parameters:
    ///   - host: The trace id of the host's file.
    ///   - offsets: One for each CPU, with a line at least.
    package init(host: UInt64, _ offsets: [ClockOffset]) {
        self.host = host
        samples = offsets.map { Self.samples($0.lines) }
    }

    /// A reader computes (t - t0) * (o1 - o0) in 64 bits, signed: between two points, at most this.
    private static let largestProduct = Double(1 << 58)
    private static let mostPieces = 4096.0
    /// Before the first point and after the last, t - t0 can be hours: there o1 - o0 is at most this.
    private static let largestEdge = 1 << 19

    /// The points between which a reader interpolates; just one for an offset that never changes.
    private static func samples(_ lines: [OffsetLine]) -> [OffsetPoint] {
        if lines.count == 1, lines[0].begin.offset == lines[0].end.offset { return [lines[0].begin] }
        var points: [OffsetPoint] = []
        for (index, line) in lines.enumerated() {
            // Where in between a step was is not known; as late as it can be, one unit wide, so that the product stays small.
            let isLast = index == lines.count - 1
            let end = isLast ? max(line.end.time, line.begin.time + 1) : lines[index + 1].begin.time - 1
            for time in times(of: line, to: end) where points.last.map({ $0.time < time }) ?? true {
                points.append(OffsetPoint(time: time, offset: line.offset(at: time)))
            }
        }
        return points
    }

    /// The times of the points on a line.
    private static func times(of line: OffsetLine, to end: Int) -> [Int] {
        let (begin, time) = (line.begin.time, end - line.begin.time)
        let change = abs(line.offset(at: end) - line.begin.offset)
        let product = Double(time) * Double(change)
        let pieces = Int(min(max((product / largestProduct).squareRoot().rounded(.up), 1), mostPieces))
        // time * piece could overflow.
        let inner = (0...pieces).map { begin + time / pieces * $0 + time % pieces * $0 / pieces }
        if change <= largestEdge { return inner }
        let edge = max(1, Int(Double(time) / Double(change) * Double(largestEdge)))
        return (inner + [begin + edge, end - edge]).sorted()
    }

    /// Whether samples are interpolated.
    private static let interpolates: UInt32 = 1

    /// The option's data.
    func data(in order: ByteOrder) -> [UInt8] {
        let flags = samples.contains { $0.count > 1 } ? Self.interpolates : 0
        var data = order.bytes(host) + order.bytes(flags) + order.bytes(UInt32(samples.count))
        for points in samples {
            data += order.bytes(UInt32(points.count))
            data += points.flatMap { order.bytes(UInt64($0.time)) }
            data += points.flatMap { order.bytes(Int64(-$0.offset)) }
            data += points.flatMap { _ in order.bytes(UInt64(1)) }
        }
        // Of the scaling, bits behind the point: none.
        return data + samples.flatMap { $0.flatMap { _ in order.bytes(UInt64(0)) } }
    }
}
