/// Whether pages move; a newer agent may report states that this version does not know.
package struct AgentState: RawRepresentable, Hashable, Codable, CaseIterable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let stopped = AgentState(rawValue: "stopped")
    package static let streaming = AgentState(rawValue: "streaming")
    /// A stop was ordered, and what was recorded before it is being sent.
    package static let flushing = AgentState(rawValue: "flushing")

    package static let allCases = [stopped, streaming, flushing]
}
