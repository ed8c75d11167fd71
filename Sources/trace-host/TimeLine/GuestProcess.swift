import CommandSupport
import Reactor

/// The QEMU behind the ports of a guest.
struct GuestProcess {
    let pid: Int

    /// Finds it by who has the control port: what a socket is connected to, or else who has the FIFOs open.
    ///
    /// - Parameter peer: What the control port is connected to; `nil` if it is no socket.
    /// - Returns: `nil` if nobody is found, or this process may not see it.
    init?(_ peer: PeerCredentials?, _ guest: GuestPorts) {
        // libvirt makes the sockets itself, and gives them to QEMU.
        if case .domain(let domain, let virsh) = guest.place {
            let name = (try? virsh.domain(domain))?.name ?? domain
            guard let qemu = QEMUProcess.all.first(where: { $0.commandLine.name == name }) else { return nil }
            pid = qemu.pid
            return
        }
        if let peer {
            pid = Int(peer.pid)
            return
        }
        guard let control = try? guest.control(), let path = FileDescriptor.resolve(control.readPath) else {
            return nil
        }
        let others = FileHolders().holders { $0 == path }.filter { $0.pid != Int(processID) }
        guard let qemu = others.first(where: { $0.name.hasPrefix("qemu") }) ?? others.first else {
            return nil
        }
        pid = qemu.pid
    }
}
