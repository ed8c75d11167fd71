import ArgumentParser

/// How several guests are named.
struct GuestsSelection: ParsableArguments {
    @Argument(help: ArgumentHelp("The folder of a guest's ports.", valueName: "dir"))
    var folders: [String] = []

    @Option(help: ArgumentHelp("A guest is this domain of libvirt; repeatable.", valueName: "name"))
    var domain: [String] = []

    @Option(help: ArgumentHelp("libvirt's URI; otherwise virsh chooses.", valueName: "uri"))
    var connect: String?

    @Option(
        help: ArgumentHelp(
            "A guest is the one of the QEMU with this QMP socket; repeatable.", valueName: "socket"))
    var qmp: [String] = []

    func validate() throws {
        let names = folders + domain + qmp
        if names.isEmpty {
            throw ValidationError("name a guest: a folder of ports, --domain NAME or --qmp SOCKET")
        }
        if connect != nil, domain.isEmpty { throw ValidationError("--connect is for --domain") }
        // An empty name would be another option of virsh's commands.
        if names.contains("") { throw ValidationError("a guest's name is empty") }
    }

    /// The guests' ports.
    func ports() -> [GuestPorts] {
        folders.map { GuestPorts($0) } + domain.map { GuestPorts(.domain($0, Virsh(uri: connect))) }
            + qmp.map { GuestPorts(.monitor($0)) }
    }
}
