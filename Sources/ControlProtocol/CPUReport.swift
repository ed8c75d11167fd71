/// What the agent does and has done for one CPU.
package struct CPUReport: Equatable, Sendable {
    package var cpu: Int
    package var state: CPUState
    package var counts: Counts
    /// Bytes that the ring buffer can hold; `nil` if that is unknown.
    package var ringSize: Int?

    package init(cpu: Int, state: CPUState, counts: Counts, ringSize: Int? = nil) {
        self.cpu = cpu
        self.state = state
        self.counts = counts
        self.ringSize = ringSize
    }
}

extension CPUReport: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case cpu, state
        case ringSize = "ring_size"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        cpu = try container.decode(Int.self, forKey: .cpu)
        guard (0..<Report.mostCPUs).contains(cpu) else {
            throw DecodingError.dataCorruptedError(forKey: .cpu, in: container, debugDescription: "no CPU")
        }
        state = try container.decode(CPUState.self, forKey: .state)
        counts = try Counts(from: decoder)
        ringSize = try container.decodeIfPresent(Int.self, forKey: .ringSize)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(cpu, forKey: .cpu)
        try container.encode(state, forKey: .state)
        try counts.encode(to: encoder)
        try container.encodeIfPresent(ringSize, forKey: .ringSize)
    }
}
