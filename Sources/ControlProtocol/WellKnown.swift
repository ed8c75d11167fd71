/// Names that agent, host, packages and documentation agree on.
package enum WellKnown {
    /// The user that the agent becomes; members of the group of this name may give it orders.
    package static let user = "virtio-trace"
    package static let service = "virtio-trace-agent"
    /// Where the service's options are, as an assignment to `OPTIONS`: systemd.exec(5), `EnvironmentFile=`.
    package static let optionsFile = "/etc/default/virtio-trace-agent"
    /// The shell commands after which a service whose start has failed, even too often, is started by its clients again.
    ///
    /// The order matters: systemd would give up the socket again if the service's count of starts were reset last.
    package static let revivalCommands =
        "systemctl reset-failed \(service).service; systemctl restart \(service).socket"
    /// Where the agent listens for local clients.
    package static let socketPath = "/run/virtio-trace-agent/control.sock"
    /// Where udev(7) names the virtio ports.
    package static let portsFolder = "/dev/virtio-ports"
    /// The trace instance that an agent makes for orders of set-up.
    package static let instance = "virtio-trace"
    /// The port that orders come from.
    package static let controlPort = "agent-ctl-path"

    /// What the names of ports for pages begin with, before the CPU's number: ours, and those that trace-cmd makes.
    package static let dataPortPrefixes = ["trace-path-cpu", "trace-pipe-cpu"]

    /// The port that the pages of `cpu` go to.
    package static func dataPort(cpu: Int) -> String { "trace-path-cpu\(cpu)" }
}

/// The version of agent and host program: semver.org.
package let programVersion = "0.1.0"

/// The version of the answers, which grows with each change that a reader can notice; version 1 had no key for it.
package let schemaVersion = 2
