/// An exchange with a guest: when the host sent, and the guest read and answered, and the answer had come.
///
/// `sent` and `arrived` are of the host's clock, `received` and `answered` of the guest's, both in the same unit.
package struct ClockPing: Equatable, Codable, Sendable {
    package let sent: Int
    package let received: Int
    package let answered: Int
    package let arrived: Int

    package init(sent: Int, received: Int, answered: Int, arrived: Int) {
        (self.sent, self.received, self.answered, self.arrived) = (sent, received, answered, arrived)
    }

    /// Times are smaller, so that lines through their differences can be computed: 2^61 cycles of 4 GHz last 18 years, 2^61
    /// nanoseconds from 1970 on until 2043.
    private static let latest = 1 << 61

    /// Where guest - host lies; `nil` if the times contradict each other: a clock was set, or they are none.
    package var bounds: ClosedRange<Int>? {
        let times = [sent, received, answered, arrived]
        guard times.allSatisfy({ (0..<Self.latest).contains($0) }), sent <= arrived, received <= answered,
            answered - arrived <= received - sent
        else { return nil }
        return (answered - arrived)...(received - sent)
    }
}
