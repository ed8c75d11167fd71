/// What a host can ask for.
enum Order: Equatable, Sendable {
    /// `1` or `start`; words are answered, the original's digits are not.
    case start(answered: Bool)
    /// `0` or `stop`
    case stop(answered: Bool)
    case status
    /// A line that is none of these, or too long; its first bytes.
    case unknown([UInt8])
}
