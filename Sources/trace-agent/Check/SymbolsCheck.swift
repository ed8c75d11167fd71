import CommandSupport
import Reactor
import TraceFile

/// Checks whether a header will have symbols: proc(5), `kptr_restrict`.
///
/// The file itself is read, because a container can hide the addresses too, whatever the setting.
enum SymbolsCheck {
    /// What a process sees in the file.
    enum View { case unreadable(Errno), hidden, addresses }

    /// The most bytes that are read; the symbols of a kernel with all its modules have 15 MB.
    private static let most = 64 << 20

    /// - Parameter path: `-` for standard input.
    static func result(of path: String) -> CheckResult {
        let restriction = try? FileDescriptor.open("/proc/sys/kernel/kptr_restrict", .readOnly).contents()
        return result(view(of: path), of: path, restriction: restriction ?? "", isRoot: Privileges.user == 0)
    }

    static func view(of path: String) -> View {
        do throws(SystemError) {
            let file = try FileDescriptor.open(path == "-" ? "/dev/stdin" : path, .readOnly)
            if file.isTerminal { return .hidden }
            var filter = SymbolFilter()
            var count = 0
            while filter.withAddress == 0, count < most {
                let chunk = try file.readSome(64 << 10)
                if chunk.isEmpty { return .hidden }
                count += chunk.count
                _ = filter.filter(chunk)
            }
            return filter.withAddress > 0 ? .addresses : .hidden
        } catch {
            return .unreadable(error.code)
        }
    }

    static func result(_ view: View, of path: String, restriction: String, isRoot: Bool) -> CheckResult {
        let effect = "functions will be numbers in a trace"
        switch view {
        case .addresses: return .ok("symbols", "\(path) shows their addresses")
        case .unreadable(let code):
            return .warn("symbols", "\(path) cannot be read (\(code)): \(effect)")
        case .hidden where !isRoot:
            return .warn("symbols", "\(path) shows no addresses to this user: run check as root")
        case .hidden where restriction.hasPrefix("2"):
            return .warn(
                "symbols", "kptr_restrict hides them: \(effect): sysctl kernel.kptr_restrict=1")
        case .hidden:
            return .warn(
                "symbols", "\(path) shows no addresses, as in a container without CAP_SYSLOG: \(effect)")
        }
    }
}
