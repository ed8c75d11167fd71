import ArgumentParser
import CommandSupport
import Reactor

struct AttachCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "attach",
        abstract: "Plugs the ports into a guest that runs: one for orders and one for each CPU.",
        discussion: """
            The guest is a domain of libvirt (--domain) or of a QEMU's monitor (--qmp). Ports that it has stay as they are; \
            after a failure, the same command goes on. The guest's udev rule starts its agent, for which the command waits. \
            detach takes the ports out again.
            """)

    @OptionGroup var guest: GuestSelection

    @Option(help: ArgumentHelp("How many CPUs get a port; those that the guest has.", valueName: "n"))
    var cpus: Int?

    @Option(
        help: ArgumentHelp("With --qmp: where the sockets are made; SOCKET.ports.", valueName: "dir"))
    var folder: String?

    @Flag(help: "With --domain: put them into the domain's definition, too.")
    var config = false

    @Option(
        help: ArgumentHelp("Longest time to wait for the agent; 0: do not wait.", valueName: "time"))
    var timeout = Interval(milliseconds: 30_000)

    func validate() throws {
        if let cpus, !(1...PortPlan.mostCPUs).contains(cpus) {
            throw ValidationError("--cpus: from 1 to \(PortPlan.mostCPUs)")
        }
        if folder != nil, guest.qmp == nil {
            throw ValidationError("--folder is for --qmp: libvirt chooses the paths")
        }
        if config, guest.domain == nil { throw ValidationError("--config is for --domain") }
    }

    func run() throws {
        try exitingOnFailure { () throws(Failure) in
            let ports = guest.ports()
            let result: Attachment
            switch ports.place {
            case .folder: throw Failure(noMachine: "attach")
            case .domain(let name, let virsh):
                result = try DomainAttachment(name, virsh).attach(cpus: cpus, isPersistent: config)
            case .monitor(let path):
                let attachment = try MachineAttachment(monitor: path)
                result = try attachment.attach(cpus: cpus, folder: folder)
            }
            print("\(ports.name): \(result.changed.count) ports plugged in, \(result.kept.count) were there")
            if timeout.duration > .zero { try AgentArrival(ports).wait(for: timeout) }
        }
    }
}

extension Failure {
    /// A folder is no machine.
    init(noMachine command: String) {
        self.init(
            .usage,
            "a folder names no machine: trace-host \(command) --domain NAME (libvirt) or --qmp SOCKET (QEMU's monitor)"
        )
    }
}
