import CommandSupport
import ControlProtocol

/// What plugging ports in, or taking them out, has come to.
struct Attachment {
    /// The names of the ports that were plugged in, or taken out.
    var changed: [String] = []
    /// Those that were there, and stay.
    var kept: [String] = []
    /// What did not come about, and why.
    var problems: [String] = []

    /// What the ids of QEMU's objects begin with that are taken out again.
    static let prefix = "trace-host-"

    /// The names of the ports that a guest of `cpus` CPUs lacks.
    ///
    /// The control port is the last one, because its appearance starts the agent.
    static func missing(in found: FoundPorts, cpus: Int) -> [String] {
        let streams = found.streams
        return (0..<cpus).filter { streams[$0] == nil }.map(WellKnown.dataPort)
            + (found.control == nil ? [WellKnown.controlPort] : [])
    }

    /// Why a port could not be plugged in, after others.
    static func failure(_ error: Failure, _ port: String, plugged: Int) -> Failure {
        Failure(error.status, "\(plugged) ports were plugged in, \(port) was not: \(error)")
    }

    /// Refuses to go on if a port has something behind it that no stream can come from.
    static func refuseUnusable(_ found: FoundPorts) throws(Failure) {
        guard let first = found.unusable.first else { return }
        throw Failure(.unavailable, "\(first): take the port out of the guest first")
    }

    /// Refuses to take out a socket that somebody is connected to.
    static func refuseUsed(_ paths: [String]) throws(Failure) {
        guard let path = paths.first(where: FileHolders.hasConnection) else { return }
        throw Failure(
            .unavailable,
            "somebody is connected to \(path), as a recording is: end it first; --force takes the ports out all the same"
        )
    }
}
