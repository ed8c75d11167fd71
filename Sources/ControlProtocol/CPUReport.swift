/// What the agent does and has done for one CPU.
package struct CPUReport: Equatable, Sendable {
    package var cpu: Int
    package var state: CPUState
    package var counts: Counts

    package init(cpu: Int, state: CPUState, counts: Counts) {
        self.cpu = cpu
        self.state = state
        self.counts = counts
    }
}

extension CPUReport: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable { case cpu, state }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        cpu = try container.decode(Int.self, forKey: .cpu)
        state = try container.decode(CPUState.self, forKey: .state)
        counts = try Counts(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(cpu, forKey: .cpu)
        try container.encode(state, forKey: .state)
        try counts.encode(to: encoder)
    }
}

/// What a CPU's channel is doing; a newer agent may report states that this version does not know.
package struct CPUState: RawRepresentable, Hashable, Codable, CaseIterable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Nothing: the agent is stopped, or this CPU is flushed.
    package static let idle = CPUState(rawValue: "idle")
    /// Waiting for the ring buffer to fill.
    package static let waitingForData = CPUState(rawValue: "waiting for data")
    /// The worker moves pages.
    package static let draining = CPUState(rawValue: "draining")
    /// Pages wait in the pipe because the port accepts nothing.
    package static let waitingForPort = CPUState(rawValue: "waiting for port")
    /// The CPU was never online, or poll(2) reports its ring buffer as readable when it is not.
    package static let ringGone = CPUState(rawValue: "ring gone")
    /// The port was unplugged, or its connection broke.
    package static let portGone = CPUState(rawValue: "port gone")

    package static let allCases = [idle, waitingForData, draining, waitingForPort, ringGone, portGone]
}
