/// Where the pages go; decided once, at start-up.
enum OutputMode: Equatable, Sendable {
    /// Each CPU's to a port of its own; ports come and go.
    case ports
    /// All to standard output.
    case standardOutput
    /// Into files that become the trace.dat at `path`.
    case record(path: String)

    var usesPorts: Bool { self == .ports }

    /// The one output of all CPUs, for messages; `nil` for ports.
    var outputName: String? {
        switch self {
        case .ports: nil
        case .standardOutput: "standard output"
        case .record(let path): path
        }
    }
}
