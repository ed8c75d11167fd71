import CommandSupport
import Reactor

/// Who uses a guest's ports on this host, as far as this process may know.
struct PortUse {
    private let processes = FileHolders()

    /// Whether a QEMU has the host's side of the port.
    func isServed(_ port: Port) -> Bool {
        if port.kind == .socket { return FileHolders.hasListener(at: port.path) }
        // Opening for writing fails if nobody has the other end.
        return (try? FileDescriptor.open(port.inPath, [.writeOnly, .nonBlocking])) != nil
    }

    /// Whether somebody reads what comes from the guest; who that is may not be known.
    func isTaken(_ port: Port) -> Bool {
        port.kind == .socket ? FileHolders.hasConnection(to: port.path) : !readers(of: port).isEmpty
    }

    /// The processes that read what comes from the guest.
    func readers(of port: Port) -> [FileHolders.Holder] {
        if port.kind == .socket { return processes.peers(ofSocketAt: port.path) }
        let path = FileDescriptor.resolve(port.outPath) ?? port.outPath
        // QEMU has both FIFOs open.
        let input = FileDescriptor.resolve(port.inPath) ?? port.inPath
        let owners = processes.holders { $0 == input }.map(\.pid)
        return processes.holders { $0 == path }.filter { !owners.contains($0.pid) }
    }
}
