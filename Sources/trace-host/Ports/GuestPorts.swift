import CommandSupport
import ControlProtocol

/// The ports of a guest, which is named by a folder, or as a machine.
struct GuestPorts {
    let place: GuestPlace
    /// The guest as a command of this program names it, in quotes where a shell needs them.
    let name: String

    init(_ place: GuestPlace) {
        self.place = place
        name =
            switch place {
            case .folder(let folder): ShellCommand.line([folder.path])
            case .domain(let domain, let virsh):
                ShellCommand.line(["--domain", domain] + (virsh.uri.map { ["--connect", $0] } ?? []))
            case .monitor(let path): ShellCommand.line(["--qmp", path])
            }
    }

    /// - Parameter folder: Its path.
    init(_ folder: String) { self.init(.folder(PortsFolder(folder))) }

    /// The port that orders go to.
    func control() throws(Failure) -> Port {
        if let port = try found().control { return port }
        throw Failure(.unavailable, noControlPort)
    }

    /// The ports that pages come from, by their CPUs.
    func streams() throws(Failure) -> [Int: Port] { try found().streams }

    /// All ports of the agent's names, as they are now.
    func found() throws(Failure) -> FoundPorts {
        switch place {
        case .folder(let folder): return try folder.found()
        case .domain(let name, let virsh): return FoundPorts(try virsh.runningDomain(name))
        case .monitor(let path): return FoundPorts(try QEMUMachine(QMPConnection(to: path)))
        }
    }

    /// What is missing, and how to get it.
    var noControlPort: String {
        guard case .folder(let folder) = place else {
            return "the guest has no port \(WellKnown.controlPort): trace-host attach \(name)"
        }
        return
            "no control port in \(folder.path): neither a socket \(WellKnown.controlPort) nor FIFOs \(WellKnown.controlPort).in and .out; does the guest run? trace-host setup makes the folder, with QEMU's options"
    }

    /// What gives CPUs their ports.
    var remedy: String {
        if case .folder = place { "trace-host setup" } else { "trace-host attach \(name)" }
    }
}

extension Virsh {
    /// The domain, if it runs.
    func runningDomain(_ name: String) throws(Failure) -> Domain {
        let domain = try domain(name)
        if domain.isRunning { return domain }
        throw Failure(
            .unavailable, "the domain \(name) does not run: virsh start \(ShellCommand.line([name]))")
    }
}

extension FoundPorts {
    /// The ports of the domain's live XML.
    init(_ domain: Domain) {
        self.init(misspelt: domain.channels.map(\.name).filter(Self.isMisspelt))
        for channel in domain.channels where Self.isKnown(channel.name) {
            let backEnd: BackEnd =
                switch (channel.type, channel.path) {
                case ("unix", let path?): .socket(path)
                case ("pipe", let path?): .fifos(path)
                case (let type, _): .other(type)
                }
            add(channel.name, backEnd, isOpenInGuest: channel.isOpenInGuest)
        }
    }

    init(_ machine: QEMUMachine) {
        self.init(misspelt: machine.ports.map(\.name).filter(Self.isMisspelt))
        for port in machine.ports where Self.isKnown(port.name) {
            add(port.name, port.backEnd, isOpenInGuest: port.isOpenInGuest)
        }
    }

    private mutating func add(_ name: String, _ backEnd: BackEnd, isOpenInGuest: Bool?) {
        if let port = Port(name: name, backEnd, isOpenInGuest: isOpenInGuest) {
            ports.append(port)
        } else if case .other(let kind) = backEnd {
            unusable.append("\(name) has neither a socket nor FIFOs behind it: \(kind)")
        }
    }
}
