import CommandSupport
import ControlProtocol
import Reactor

/// The agent of a guest that has just got its ports.
struct AgentArrival {
    private let ports: GuestPorts

    init(_ ports: GuestPorts) { self.ports = ports }

    /// Waits until the agent answers, and serves every CPU whose port is there; what does not come about is a warning.
    func wait(for limit: Interval) throws(Failure) {
        let found = try ports.found()
        guard let control = found.control else { return }
        if control.kind == .socket, FileHolders.hasConnection(to: control.path) {
            return warn("somebody is connected to \(control.path): the agent is not asked")
        }
        let end = ContinuousClock.now + limit.duration
        var problem =
            "no agent has answered within \(limit): does trace-agent run in the guest (make install)?"
        while ContinuousClock.now < end {
            guard let served = try served() else { continue }
            let unserved = CPUList(found.streams.keys.sorted().filter { !served.contains($0) })
            if unserved.cpus.isEmpty { return print("the agent serves CPUs \(CPUList(served))") }
            problem = "the agent does not serve CPUs \(unserved)"
            waitBriefly()
        }
        warn("\(problem): trace-host check \(ports.name)")
    }

    /// The CPUs that the agent serves; `nil` if it does not answer soon.
    private func served() throws(Failure) -> [Int]? {
        do throws(Failure) {
            var conversation = try Conversation(.status, at: GuestAgent(ports), within: Self.patience)
            let answer: Answer = try conversation.parse(conversation.line())
            return answer.report.cpus.filter { $0.state != .portless }.map(\.cpu)
        } catch  where error.status == .noPermission {
            throw error
        } catch {
            // A service that is restarted, to have access to a new device, hangs up.
            waitBriefly()
            return nil
        }
    }

    /// Shorter than what a conversation announces: an agent that starts now answers a later one.
    private static let patience = Interval(milliseconds: 900)

    private func warn(_ text: String) {
        StandardError.shared.write("\(ProgramName.own): warning: \(text)\n")
    }
}
