import CommandSupport
import ControlProtocol
import Reactor

/// The folder in which the ports of a guest are.
struct GuestPorts {
    let folder: String

    init(_ folder: String) {
        self.folder = folder.count > 1 && folder.hasSuffix("/") ? String(folder.dropLast()) : folder
    }

    /// What the guest is called, in messages and by the user.
    var name: String { folder }

    /// The port that orders go to.
    func control() throws(Failure) -> Port {
        let names = try names()
        if let port = port(WellKnown.controlPort, among: names) { return port }
        throw Failure(
            .unavailable,
            "no control port in \(folder): neither a socket \(WellKnown.controlPort) nor FIFOs \(WellKnown.controlPort).in and .out; does the guest run? trace-host setup makes the folder, with QEMU's options"
        )
    }

    /// The ports that pages come from, by their CPUs.
    func streams() throws(Failure) -> [Int: Port] {
        let names = try names()
        var streams: [Int: Port] = [:]
        // Ours take precedence: both at once are a leftover of trace-cmd's set-up.
        for prefix in WellKnown.dataPortPrefixes.reversed() {
            for name in Set(names.map(Self.portName(ofFile:))) where name.hasPrefix(prefix) {
                let digits = name.dropFirst(prefix.count)
                guard let cpu = Int(digits), "\(cpu)" == digits, let port = port(name, among: names) else {
                    continue
                }
                streams[cpu] = port
            }
        }
        return streams
    }

    /// The names in the folder.
    func names() throws(Failure) -> [String] {
        do throws(SystemError) {
            return try FileDescriptor.open(folder, .directory).names()
        } catch {
            switch error.code {
            case .noEntry, .notADirectory:
                throw Failure(
                    .unavailable, "no folder \(folder): trace-host setup \(folder) --cpus N makes it")
            case .accessDenied: throw Failure(.noPermission, "cannot read \(folder): \(error.code)")
            default: throw Failure(error)
            }
        }
    }

    /// The name of the port that a file is of.
    private static func portName(ofFile name: String) -> String {
        for ending in [".in", ".out"] where name.hasSuffix(ending) {
            return String(name.dropLast(ending.count))
        }
        return name
    }

    private func port(_ name: String, among names: [String]) -> Port? {
        let path = "\(folder)/\(name)"
        // What cannot be looked at is no port.
        if names.contains(name), (try? FileDescriptor.Kind(of: path)) == .socket {
            return Port(name: name, path: path, kind: .socket)
        }
        return names.contains("\(name).out") ? Port(name: name, path: path, kind: .fifos) : nil
    }
}
