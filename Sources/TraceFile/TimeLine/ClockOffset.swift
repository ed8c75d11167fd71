/// The offset of a guest's clock to its host's, guest - host, as far as pings prove it.
package struct ClockOffset: Equatable, Codable, Sendable {
    /// One, or one between each two steps: a machine that was paused, or migrated, or whose clock was set.
    package let lines: [OffsetLine]
    /// Pings whose times contradict each other.
    package let unusable: Int

    /// The largest drift that is looked for: emulated clocks are a per cent wrong.
    private static let largestDrift = 0.01

    /// From pings in their order.
    ///
    /// - Parameter isCounter: Whether both clocks are the cycle counter of one machine, which do not drift, unless the guest's
    ///   is scaled.
    package init(_ pings: [ClockPing], isCounter: Bool) {
        var usable: [(ping: ClockPing, bounds: ClosedRange<Int>)] = []
        for ping in pings {
            guard let bounds = ping.bounds, usable.last.map({ $0.ping.answered <= ping.received }) ?? true
            else { continue }
            usable.append((ping, bounds))
        }
        unusable = pings.count - usable.count
        let drifting = Self.lines(usable, largestDrift: isCounter ? 1 : Self.largestDrift)
        let constant = isCounter ? Self.lines(usable, largestDrift: 0) : []
        // A scaled counter seems to make steps all the time; a few are more likely steps than a drift.
        lines = isCounter && constant.count <= 3 * drifting.count ? constant : drifting
    }

    private static func lines(
        _ pings: [(ping: ClockPing, bounds: ClosedRange<Int>)], largestDrift: Double
    ) -> [OffsetLine] {
        var lines: [OffsetLine] = []
        var fit: OffsetFit?
        for (ping, bounds) in pings {
            if fit?.add(ping, bounds) == true { continue }
            if let fit { lines.append(fit.line) }
            var next = OffsetFit(largestDrift: largestDrift, from: ping)
            // The first one always fits.
            _ = next.add(ping, bounds)
            fit = next
        }
        return lines + (fit.map { [$0.line] } ?? [])
    }

    /// - Parameter lines: What is known otherwise, in the order of time.
    package init(known lines: [OffsetLine]) { (self.lines, unusable) = (lines, 0) }

    /// The largest bound of all lines; `nil` if no ping was usable.
    package var bound: Int? { lines.map(\.bound).max() }

    /// What a step has changed, and between which times of the guest it was.
    package var steps: [(from: Int, to: Int, change: Int)] {
        zip(lines, lines.dropFirst()).map { ($0.end.time, $1.begin.time, $1.begin.offset - $0.end.offset) }
    }
}
