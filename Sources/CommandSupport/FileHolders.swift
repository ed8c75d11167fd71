import FoundationEssentials
import Reactor

/// Which processes have which files open, as far as this process may know: proc(5), read once.
package struct FileHolders {
    package struct Holder: Equatable {
        package let pid: Int
        package let name: String

        package init(pid: Int, name: String) {
            self.pid = pid
            self.name = name
        }
    }

    private let paths: [(pid: Int, paths: [String])]

    package init() {
        paths = Self.names(in: "/proc").compactMap { Int($0) }.sorted().map { pid in
            let folder = "/proc/\(pid)/fd"
            return (pid, Self.names(in: folder).compactMap { Self.target(of: "\(folder)/\($0)") })
        }
    }

    /// The processes with a file open whose path `isMeant`.
    package func holders(where isMeant: (String) -> Bool) -> [Holder] {
        paths.filter { $0.paths.contains(where: isMeant) }
            .map { Holder(pid: $0.pid, name: Self.name(of: $0.pid)) }
    }

    /// Whether a socket listens at `path`; found without connecting, because that would start a service.
    package static func hasListener(at path: String) -> Bool {
        // The flag is __SO_ACCEPTCON.
        sockets(at: path).contains { $0[3] == "00010000" }
    }

    /// Whether somebody is connected to the socket that listens at `path`.
    package static func hasConnection(to path: String) -> Bool {
        // The state is SS_CONNECTED.
        sockets(at: path).contains { $0[5] == "03" }
    }

    /// The processes that are connected to the socket that listens at `path`.
    package func peers(ofSocketAt path: String) -> [Holder] {
        let accepted = Set(Self.sockets(at: path).filter { $0[5] == "03" }.compactMap { UInt32($0[6]) })
        if accepted.isEmpty { return [] }
        let peers = (try? peersOfUnixSockets()) ?? [:]
        let names = Set(accepted.compactMap { peers[$0] }.map { "socket:[\($0)]" })
        return holders { names.contains($0) }
    }

    /// The lines of `/proc/net/unix` about sockets that were bound to `path`, or accepted there: Num RefCount Protocol Flags
    /// Type St Inode Path.
    private static func sockets(at path: String) -> [[Substring]] {
        // The kernel knows a socket by the path that it was bound to, which has no symbolic link.
        let paths = [path, FileDescriptor.resolve(path) ?? path]
        let sockets = (try? FileDescriptor.open("/proc/net/unix", .readOnly).readTextToEnd()) ?? ""
        // A path may have blanks.
        return sockets.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 7) }
            .filter { $0.count == 8 && paths.contains(String($0[7])) }
    }

    // A process or descriptor that has gone meanwhile, or that may not be read, holds nothing.

    private static func names(in folder: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    }

    private static func target(of link: String) -> String? {
        try? FileManager.default.destinationOfSymbolicLink(atPath: link)
    }

    private static func name(of pid: Int) -> String {
        let text = (try? FileDescriptor.open("/proc/\(pid)/comm", .readOnly).contents()) ?? ""
        return String(text.prefix { $0 != "\n" })
    }
}

extension [FileHolders.Holder] {
    /// For a message: `cat (12), trace-cmd (15)`.
    package var names: String { map { "\($0.name.utf8.escapedASCII) (\($0.pid))" }.joined(separator: ", ") }
}
