/// How guest - host goes on evenly between two times.
package struct OffsetLine: Equatable, Codable, Sendable {
    package let begin: OffsetPoint
    package let end: OffsetPoint
    /// The offset is at most so far from the line, if it was constant, or drifted evenly.
    package let bound: Int

    package init(begin: OffsetPoint, end: OffsetPoint, bound: Int) {
        (self.begin, self.end, self.bound) = (begin, end, bound)
    }

    /// The change of the offset per unit of time.
    package var drift: Double {
        begin.time == end.time ? 0 : Double(end.offset - begin.offset) / Double(end.time - begin.time)
    }

    /// The offset on the line, also before its begin and after its end.
    package func offset(at time: Int) -> Int {
        begin.offset + Int((drift * Double(time - begin.time)).rounded())
    }

    /// Whether no ping says otherwise.
    package func agrees(with pings: [ClockPing]) -> Bool {
        pings.allSatisfy { ping in
            guard let bounds = ping.bounds else { return true }
            return offset(at: ping.answered) + bound >= bounds.lowerBound
                && offset(at: ping.received) - bound <= bounds.upperBound
        }
    }
}
