import CommandSupport
import FoundationEssentials
import Reactor

/// Which processes have which files open, as far as this process may know: proc(5), read once.
struct RingReaders {
    struct Holder: Equatable {
        let pid: Int
        let name: String
    }

    private let paths: [(pid: Int, paths: [String])]

    init() {
        paths = Self.names(in: "/proc").compactMap { Int($0) }.sorted().map { pid in
            let folder = "/proc/\(pid)/fd"
            return (pid, Self.names(in: folder).compactMap { Self.target(of: "\(folder)/\($0)") })
        }
    }

    /// The processes with a file open whose path `isMeant`.
    func holders(where isMeant: (String) -> Bool) -> [Holder] {
        paths.filter { $0.paths.contains(where: isMeant) }
            .map { Holder(pid: $0.pid, name: Self.name(of: $0.pid)) }
    }

    /// The processes that read events from the ring buffers of an instance; `nil` for the top-level ones.
    func readers(ofInstance instance: String?) -> [Holder] {
        holders { path in
            guard path.hasSuffix("/trace_pipe_raw") || path.hasSuffix("/trace_pipe") else { return false }
            let parts = path.split(separator: "/")
            let found = parts.firstIndex(of: "instances").map { parts[$0 + 1] }
            return found == instance.map { $0[...] }
        }
    }

    /// Whether a socket listens at `path`; found without connecting, because that would start a service.
    static func hasListener(at path: String) -> Bool {
        // The kernel knows a socket by the path that it was bound to, which has no symbolic link.
        let paths = [path, FileDescriptor.resolve(path) ?? path]
        let sockets = (try? FileDescriptor.open("/proc/net/unix", .readOnly).readTextToEnd()) ?? ""
        // Num RefCount Protocol Flags Type St Inode Path; the flag is __SO_ACCEPTCON.
        return sockets.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count == 8 && fields[3] == "00010000" && paths.contains(String(fields[7]))
        }
    }

    /// The group that a file belongs to; `nil` if that cannot be read.
    static func group(of path: String) -> UInt32? {
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        return attributes?[.groupOwnerAccountID].flatMap { $0 as? UInt }.map { UInt32($0) }
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

extension [RingReaders.Holder] {
    /// For a message: `cat (12), trace-cmd (15)`.
    var names: String { map { "\($0.name.utf8.escapedASCII) (\($0.pid))" }.joined(separator: ", ") }
}
