/// What a host can ask for.
enum Order: Equatable, Sendable {
    /// `1` or `start`; words are answered, the original's digits are not.
    case start(answered: Bool)
    /// `0` or `stop`
    case stop(answered: Bool)
    /// `dump`: what the rings hold now, then stop.
    case dump
    case status
    /// `metadata`: the header of a trace.dat.
    case metadata
    /// A line that is none of these, or too long; its first bytes.
    case unknown([UInt8])

    /// How an answer names it.
    var word: String {
        switch self {
        case .start: "start"
        case .stop: "stop"
        case .dump: "dump"
        case .status: "status"
        case .metadata: "metadata"
        case .unknown: "unknown"
        }
    }
}
