import Glibc
import Reactor

/// A folder of ports as a host has them, in front of an agent on this machine: streams are FIFOs, the control port is the
/// agent's own socket.
package final class HostFolder {
    package let rig: AgentRig
    package let folder = TemporaryFolder()
    package var path: String { folder.path }

    /// - Parameter prefix: What the names of the streams begin with.
    package init(_ rig: AgentRig, prefix: String = "trace-path-cpu") throws {
        self.rig = rig
        guard eventually({ access(rig.localSocket, F_OK) == 0 }) else { throw TestFailure("no agent") }
        try makeLink("\(path)/agent-ctl-path", to: rig.localSocket)
        for cpu in 0...1 {
            try makeLink("\(path)/\(prefix)\(cpu).out", to: rig.path(cpu: cpu))
        }
    }

    /// The same with an agent of its own, the release build, in front of FIFOs.
    package convenience init(ringKiB: Int = 2048) throws {
        try self.init(
            try AgentRig(
                .fifos, ringKiB: ringKiB, options: ["--flush-interval", "50ms"],
                program: Machine.release("trace-agent")))
    }

    /// Runs the host's program.
    package func host(_ word: String, _ options: [String] = []) throws -> Command {
        try Command(Machine.release("trace-host"), [word, path] + options)
    }

    /// Starts the host's program.
    package func start(_ word: String, _ options: [String] = []) throws -> Program {
        try Program(Machine.release("trace-host"), [word, path] + options)
    }
}
