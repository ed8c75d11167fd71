import ControlProtocol
import Reactor

/// Where an agent is reached, and what it means if something fails there.
package protocol AgentPlace {
    /// Connects, which takes at most `limit`.
    func connect(within limit: Duration) throws(Failure) -> AgentConnection

    /// Whether answers and headers that an earlier reader has left may come first.
    var hasEarlierAnswers: Bool { get }

    /// A sentence for the user about a call that failed.
    func explain(_ error: SystemError) -> Failure

    /// What to look at if no answer comes.
    var adviceIfSilent: String { get }

    /// What the agent is called in messages.
    var name: String { get }
}
