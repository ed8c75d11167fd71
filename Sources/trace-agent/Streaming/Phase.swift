import ControlProtocol

/// Whether pages move.
enum Phase: Equatable, Sendable {
    case stopped
    case streaming
    /// A stop was ordered, and what was recorded before it is being sent.
    case flushing(Flush)

    /// What is known of a stop under way.
    struct Flush: Equatable, Sendable {
        /// The stop is over time, and waits only for workers to hand back.
        var hasGivenUp = false
        /// A start was ordered meanwhile.
        var startsNext = false
    }

    /// Whether a start follows the stop under way, if there is one.
    mutating func setStartsNext(_ startsNext: Bool) {
        guard case .flushing(var flush) = self else { return }
        flush.startsNext = startsNext
        self = .flushing(flush)
    }

    /// Whether pages move until a stop is ordered.
    var leadsToStreaming: Bool {
        switch self {
        case .stopped: false
        case .streaming: true
        case .flushing(let flush): flush.startsNext
        }
    }

    /// How answers name it.
    var reported: AgentState {
        switch self {
        case .stopped: .stopped
        case .streaming: .streaming
        case .flushing: .flushing
        }
    }
}
