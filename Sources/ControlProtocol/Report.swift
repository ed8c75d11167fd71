/// What the agent does and has done: the body of an answer, and the summary at its exit.
package struct Report: Equatable, Sendable {
    package var state: AgentState
    /// The trace instance; empty for the top-level ring buffers.
    package var instance: String
    /// Bytes of a sub-buffer.
    package var pageSize: Int
    /// The CPUs that have a port, or had one, and those that are online and have none.
    package var cpus: [CPUReport]
    /// Lines that were no order.
    package var ordersRefused: Int
    /// Whether everything that was recorded before the last stop has been sent.
    package var isComplete: Bool
    /// What keeps events from being recorded, or from reaching the host: a sentence each.
    package var warnings: [String] = []
    package var facts = AgentFacts()

    package init(
        state: AgentState, instance: String, pageSize: Int, cpus: [CPUReport], ordersRefused: Int,
        isComplete: Bool
    ) {
        self.state = state
        self.instance = instance
        self.pageSize = pageSize
        self.cpus = cpus
        self.ordersRefused = ordersRefused
        self.isComplete = isComplete
    }

    /// The most CPUs that Linux can be built for, and the most warnings that are taken over from another machine.
    package static let mostCPUs = 8192
    private static let mostWarnings = 64

    /// The sums over all CPUs.
    package var totals: Counts { cpus.reduce(into: Counts()) { $0 += $1.counts } }
}

extension Report: Codable {
    package enum CodingKeys: String, CodingKey, CaseIterable {
        case state, instance, cpus, totals, warnings
        case pageSize = "page_size"
        case ordersRefused = "orders_refused"
        case isComplete = "complete"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        state = try container.decode(AgentState.self, forKey: .state)
        instance = try container.decode(String.self, forKey: .instance)
        pageSize = try container.decode(Int.self, forKey: .pageSize)
        cpus = try container.decode([CPUReport].self, forKey: .cpus)
        guard cpus.count <= Self.mostCPUs else {
            throw DecodingError.dataCorruptedError(forKey: .cpus, in: container, debugDescription: "too many")
        }
        ordersRefused = try container.decode(Int.self, forKey: .ordersRefused)
        isComplete = try container.decode(Bool.self, forKey: .isComplete)
        // An agent before schema 2 has none.
        let warnings = try container.decodeIfPresent([String].self, forKey: .warnings) ?? []
        self.warnings = warnings.prefix(Self.mostWarnings).map(\.asSentence)
        facts = try AgentFacts(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(state, forKey: .state)
        try container.encode(instance, forKey: .instance)
        try container.encode(pageSize, forKey: .pageSize)
        try container.encode(cpus, forKey: .cpus)
        try container.encode(totals, forKey: .totals)
        try container.encode(ordersRefused, forKey: .ordersRefused)
        try container.encode(isComplete, forKey: .isComplete)
        try container.encode(warnings, forKey: .warnings)
        try facts.encode(to: encoder)
    }
}
