import CommandSupport
import ControlProtocol
import Reactor

/// The agent of this machine, which listens at a socket.
struct LocalAgent: AgentPlace {
    let socket: String

    var name: String { socket }
    /// A new connection has nothing but the answer.
    var hasEarlierAnswers: Bool { false }

    func connect(within limit: Duration) throws(Failure) -> AgentConnection {
        do throws(SystemError) {
            return try AgentConnection(toSocketAt: socket, within: limit)
        } catch {
            throw explain(error)
        }
    }

    var adviceIfSilent: String { "what is the agent doing? systemctl status \(WellKnown.service)" }

    func explain(_ error: SystemError) -> Failure {
        switch error.code {
        case .noEntry, .connectionRefused, .notADirectory:
            Failure(
                .unavailable,
                "no agent listens at \(socket): systemctl start \(WellKnown.service).socket, or run trace-agent as root, in the guest; on its host, use trace-host"
            )
        case .accessDenied, .notPermitted:
            Failure(
                .noPermission,
                "you may not give the agent orders: be root, or a member of the group \(WellKnown.user) (adduser NAME \(WellKnown.user))"
            )
        case .brokenPipe, .connectionReset:
            Failure(
                .unavailable,
                "the agent has ended without an answer: journalctl -u \(WellKnown.service) shows why")
        case .wouldBlock:
            Failure(
                .tryAgain,
                "the agent accepts no new clients: what is it doing? systemctl status \(WellKnown.service)")
        default:
            Failure(.operatingSystem, "cannot talk to the agent at \(socket): \(error.code)")
        }
    }
}
