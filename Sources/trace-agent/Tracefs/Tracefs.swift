import CommandSupport
import Reactor

/// The directory of one trace instance.
struct Tracefs: Sendable {
    let directory: String
    /// The folder of tracefs itself, where what all instances share is.
    let top: String
    /// The name of the instance; empty for the top-level one.
    let instance: String

    private static let mountPoints = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"]

    /// Finds tracefs, and the instance in it if one is named.
    ///
    /// - Parameter makesInstance: Whether one that is not there is made.
    init(at chosen: String?, instance: String?, makesInstance: Bool = false) throws(Failure) {
        let candidates = chosen.map { [$0] } ?? Self.mountPoints
        var found: String?
        for path in candidates where found == nil {
            if try Self.holdsTracefs(path) { found = path }
        }
        guard let top = found else {
            throw Failure(
                .unavailable,
                "no tracefs at \(candidates.joined(separator: " or ")): mount -t tracefs nodev \(Self.mountPoints[0])"
            )
        }
        self.top = top
        self.instance = instance ?? ""
        guard let instance else {
            directory = top
            return
        }
        directory = "\(top)/instances/\(instance)"
        if try Self.holdsTracefs(directory) { return }
        let path = "\(Self.usualName(of: top))/instances/\(instance)"
        guard makesInstance else {
            throw Failure(
                .configuration, "no trace instance \(path): mkdir \(path), or use --make-instance")
        }
        do throws(SystemError) {
            try FileDescriptor.makeFolder(directory)
        } catch {
            throw Failure(.operatingSystem, "cannot make \(path): \(error.code)")
        }
    }

    /// The name under which an administrator knows the tracefs at `path`: the service has it bound to a folder of its own.
    private static func usualName(of path: String) -> String {
        let usual = mountPoints.first { point in
            // What cannot be opened is another one.
            (try? FileDescriptor.open(path, .directory).isSameFile(as: .open(point, .directory))) == true
        }
        return usual ?? path
    }

    private static func holdsTracefs(_ path: String) throws(Failure) -> Bool {
        do throws(SystemError) {
            return try FileDescriptor.Kind(of: path + "/events/header_page") == .regular
        } catch {
            switch error.code {
            case .noEntry, .notADirectory: return false
            default: throw Self.explain(error, path: path)
            }
        }
    }

    /// Opens one file of the instance.
    func open(_ name: String, _ mode: FileDescriptor.Mode) throws(Failure) -> FileDescriptor {
        try Self.open("\(directory)/\(name)", mode)
    }

    /// Opens one file that all instances share.
    func openTop(_ name: String, _ mode: FileDescriptor.Mode) throws(Failure) -> FileDescriptor {
        try Self.open("\(top)/\(name)", mode)
    }

    private static func open(
        _ path: String, _ mode: FileDescriptor.Mode
    ) throws(Failure) -> FileDescriptor {
        do throws(SystemError) {
            return try FileDescriptor.open(path, mode)
        } catch {
            throw explain(error, path: path)
        }
    }

    private static func explain(_ error: SystemError, path: String) -> Failure {
        switch error.code {
        case .accessDenied:
            Failure(.noPermission, "cannot open \(path): \(error.code): this needs root")
        case .notPermitted:
            Failure(
                .noPermission,
                "cannot open \(path): \(error.code): kernel lockdown forbids tracing, see /sys/kernel/security/lockdown"
            )
        case .noEntry:
            Failure(.unavailable, "cannot open \(path): \(error.code): is this a tracefs?")
        default:
            Failure(.operatingSystem, "cannot open \(path): \(error.code)")
        }
    }
}
