import ArgumentParser

/// How a guest is named.
struct GuestSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("The folder of the guest's ports.", valueName: "dir"))
    var folder: String?

    @Option(help: ArgumentHelp("The guest is this domain of libvirt.", valueName: "name"))
    var domain: String?

    @Option(help: ArgumentHelp("libvirt's URI; otherwise virsh chooses.", valueName: "uri"))
    var connect: String?

    @Option(help: ArgumentHelp("The guest is the one of the QEMU with this QMP socket.", valueName: "socket"))
    var qmp: String?

    func validate() throws {
        if [folder, domain, qmp].count(where: { $0 != nil }) != 1 {
            throw ValidationError("name one guest: a folder of ports, --domain NAME or --qmp SOCKET")
        }
        if connect != nil, domain == nil { throw ValidationError("--connect is for --domain") }
        // An empty name would be another option of virsh's commands.
        if [folder, domain, qmp].contains("") { throw ValidationError("the guest's name is empty") }
    }

    /// The guest's ports.
    func ports() -> GuestPorts {
        if let domain { return GuestPorts(.domain(domain, Virsh(uri: connect))) }
        if let qmp { return GuestPorts(.monitor(qmp)) }
        guard let folder else { preconditionFailure("validated: one of the three is given") }
        return GuestPorts(folder)
    }
}
