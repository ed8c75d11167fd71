/// Where a guest's ports are asked for.
enum GuestPlace {
    case folder(PortsFolder)
    /// A domain of libvirt, by its name, number or UUID.
    case domain(String, Virsh)
    /// QEMU's monitor, by its socket.
    case monitor(String)

    /// The arguments by which a command of this program names the guest.
    var words: [String] {
        switch self {
        case .folder(let folder): [folder.path]
        case .domain(let domain, let virsh):
            ["--domain", domain] + (virsh.uri.map { ["--connect", $0] } ?? [])
        case .monitor(let path): ["--qmp", path]
        }
    }

    /// The socket of QEMU's monitor, if the guest is named by it.
    var monitor: String? { if case .monitor(let path) = self { path } else { nil } }

    /// What names the guest in another file, or is part of a file's name.
    var shortName: String {
        switch self {
        case .folder(let folder): Self.lastPart(of: folder.path)
        case .domain(let name, _): name
        case .monitor(let path): Self.lastPart(of: path)
        }
    }

    private static func lastPart(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? "guest"
    }
}
