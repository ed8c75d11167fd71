import CommandSupport
import ControlProtocol
import Reactor

/// The agent in a guest, which is reached by the guest's control port.
struct GuestAgent: AgentPlace {
    private let ports: GuestPorts

    init(_ ports: GuestPorts) { self.ports = ports }

    var name: String { Self.name(ofGuest: ports.name) }

    static func name(ofGuest guest: String) -> String { "the agent behind \(guest)" }
    /// QEMU keeps in a FIFO what nobody has read.
    var hasEarlierAnswers: Bool { true }

    func connect(within limit: Duration) throws(Failure) -> AgentConnection {
        let port = try ports.control()
        do throws(SystemError) {
            switch port.kind {
            case .socket: return try AgentConnection(toSocketAt: port.path, within: limit)
            case .fifos: return try AgentConnection(toFIFOs: port.inPath, port.outPath)
            }
        } catch {
            throw explain(error)
        }
    }

    var adviceIfSilent: String {
        "is the agent running in the guest, and is no other program connected? trace-host check \(ports.name)"
    }

    func explain(_ error: SystemError) -> Failure { PortFailure.explain(error, in: ports.name) }
}
