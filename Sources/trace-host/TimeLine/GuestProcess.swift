import CommandSupport
import Reactor

/// The QEMU behind the ports of a guest.
struct GuestProcess {
    let pid: Int

    /// Finds it by who has the control port: what a socket is connected to, or else who has the FIFOs open.
    ///
    /// - Returns: `nil` if nobody is found, or this process may not see it.
    init?(_ guest: any PingedGuest, _ folder: String) {
        if let peer = guest.controlPeer {
            pid = Int(peer.pid)
            return
        }
        guard let folder = FileDescriptor.resolve(folder) else { return nil }
        let others = FileHolders().holders { $0.hasPrefix("\(folder)/") }.filter { $0.pid != processID }
        let qemu = others.first { $0.name.hasPrefix("qemu") }
        guard let qemu = qemu ?? others.first else { return nil }
        pid = qemu.pid
    }
}
