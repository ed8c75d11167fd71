import FoundationEssentials

/// A guest that was found, for people and for programs.
struct GuestEntry: Encodable {
    /// How the commands of this program name it; `nil` if they cannot.
    let guest: String?
    /// QEMU's process; `nil` if it is not known.
    let pid: Int?
    var ports: [Port] = []
    /// What the agent does, or why it does not answer.
    var agent: String?
    /// Why less is known than there is.
    var problem: String?

    struct Port: Encodable {
        let name: String
        let path: String
        /// Whether somebody on the host reads it.
        let taken: Bool
        /// The processes that do, as far as they may be seen.
        let readers: [String]
    }

    /// One JSON array.
    static func json(_ entries: [GuestEntry]) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        guard let data = try? encoder.encode(entries) else {
            preconditionFailure("an entry holds strings, integers and truth values only")
        }
        return String(decoding: data, as: UTF8.self)
    }

    var lines: [String] {
        let name = guest ?? "the guest of process \(pid ?? 0)"
        var lines = [name + (agent.map { ": agent \($0)" } ?? "")]
        if let problem { lines.append("  \(problem)") }
        for port in ports {
            let reader = port.readers.isEmpty ? "somebody" : port.readers.joined(separator: ", ")
            lines.append("  \(port.name)  \(port.path)" + (port.taken ? "  read by \(reader)" : ""))
        }
        if ports.isEmpty && problem == nil { lines.append("  no ports: trace-host attach \(name)") }
        return lines
    }
}
