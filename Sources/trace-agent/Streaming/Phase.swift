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

    /// Lets a start follow the stop under way, or none.
    mutating func setStartsNext(_ startsNext: Bool) {
        guard case .flushing(var flush) = self else { return }
        flush.startsNext = startsNext
        self = .flushing(flush)
    }

    /// Whether pages are to move, now or once a stop has ended.
    var isMeantToStream: Bool {
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
