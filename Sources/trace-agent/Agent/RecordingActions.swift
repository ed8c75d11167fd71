import CommandSupport
import Reactor

/// What a recording does when the agent's life comes to a point; nothing for a service.
struct RecordingActions {
    /// Done once pages move.
    var whenStreaming: () -> Void = {}
    /// Done before the last flush, so that it leaves the ring buffers empty; may be done again.
    var beforeLastFlush: () -> Void = {}
    /// Done between two parts, while no page moves.
    var betweenParts: () throws(Failure) -> Void = {}
    /// What is left behind if the end comes suddenly, for a message.
    var whatRemains: (() -> String)?
    /// When a part ends; `nil` if there is only one.
    var limits: PartLimits?
    /// The program with which the recording ends; `nil` if there is none.
    var command: RecordedCommand?
}
