import ArgumentParser
import CommandSupport

struct SetupCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup",
        abstract: "Makes the folder of a guest's ports, and prints the options that give them to the guest.",
        discussion: """
            What is there already stays as it is. The ports are unix sockets, which QEMU makes, or FIFOs. A device gets 15 \
            ports at most.
            """)

    @Argument(help: ArgumentHelp("The folder to make.", valueName: "dir"))
    var folder: String

    @Option(
        help: ArgumentHelp(
            "How many CPUs the guest has, those that can be plugged in included.", valueName: "n"))
    var cpus: Int

    @Flag(help: "Make FIFOs, not sockets.")
    var fifo = false

    @Flag(help: "Print QEMU's options.")
    var qemu = false

    @Flag(help: "Print what libvirt's <devices> needs.")
    var libvirt = false

    func validate() throws {
        if !(1...PortPlan.mostCPUs).contains(cpus) {
            throw ValidationError("--cpus: from 1 to \(PortPlan.mostCPUs)")
        }
    }

    func run() throws {
        try exitingOnFailure { () throws(Failure) in
            let path = try PortsMaker.makeFolder(folder)
            let plan = PortPlan(folder: path, cpus: cpus, fifo ? .fifos : .socket)
            try PortsMaker.make(plan.ports)
            if qemu { print(plan.qemuOptions.map(ShellCommand.line).joined(separator: " \\\n")) }
            if libvirt { print(plan.libvirtXML.joined(separator: "\n")) }
            if qemu || libvirt { return }
            let kind = fifo ? "pairs of FIFOs" : "sockets, which QEMU makes"
            print(
                "\(path): \(plan.ports.count) \(kind), for \(plan.devices.count) virtio-serial devices; QEMU's options: --qemu, libvirt's XML: --libvirt"
            )
        }
    }
}
