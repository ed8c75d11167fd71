/// A number for each counter.
package struct Counts: Equatable, Sendable {
    private var values: [Counter: Int]

    /// The largest count that is taken over from another machine.
    private static let largest = 1 << 48

    /// All counts 0.
    package init() { values = Dictionary(uniqueKeysWithValues: Counter.allCases.map { ($0, 0) }) }

    package subscript(counter: Counter) -> Int {
        get { values[counter, default: 0] }
        set { values[counter] = newValue }
    }

    package static func += (sum: inout Counts, other: Counts) {
        for counter in Counter.allCases { sum[counter] += other[counter] }
    }
}

extension Counts: Codable {
    package init(from decoder: any Decoder) throws {
        self.init()
        let container = try decoder.container(keyedBy: Counter.self)
        // An older agent does not know the newest counters.
        for counter in Counter.allCases {
            let value = try container.decodeIfPresent(Int.self, forKey: counter) ?? 0
            // No sum of what another machine sends may overflow.
            self[counter] = min(max(0, value), Self.largest)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Counter.self)
        for counter in Counter.allCases { try container.encode(self[counter], forKey: counter) }
    }
}
