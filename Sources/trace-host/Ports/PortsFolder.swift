import CommandSupport
import Reactor

/// A folder in which the ports of a guest are.
struct PortsFolder {
    let path: String

    init(_ path: String) {
        self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }

    func found() throws(Failure) -> FoundPorts {
        let names = try names()
        return FoundPorts(
            ports: Set(names.map(Self.portName(ofFile:))).sorted().compactMap { port($0, among: names) })
    }

    /// The names in the folder.
    func names() throws(Failure) -> [String] {
        do throws(SystemError) {
            return try FileDescriptor.open(path, .directory).names()
        } catch {
            switch error.code {
            case .noEntry, .notADirectory:
                throw Failure(
                    .unavailable, "no folder \(path): trace-host setup \(path) --cpus N makes it")
            case .accessDenied: throw Failure(.noPermission, "cannot read \(path): \(error.code)")
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
        let file = "\(path)/\(name)"
        // What cannot be looked at is no port.
        if names.contains(name), (try? FileDescriptor.Kind(of: file)) == .socket {
            return Port(name: name, path: file, kind: .socket)
        }
        return names.contains("\(name).out") ? Port(name: name, path: file, kind: .fifos) : nil
    }
}
