/// What the reactor of a recording watches.
enum Source: RawRepresentable, Sendable {
    case signals
    /// Time has passed: limits are checked, progress is shown.
    case ticks
    /// The agent's answers.
    case control
    /// The program that is recorded has ended.
    case command
    /// The pages of a stream, by its place.
    case stream(Int)

    private static let first: UInt64 = 4

    init?(rawValue: UInt64) {
        switch rawValue {
        case 0: self = .signals
        case 1: self = .ticks
        case 2: self = .control
        case 3: self = .command
        default: self = .stream(Int(rawValue - Self.first))
        }
    }

    var rawValue: UInt64 {
        switch self {
        case .signals: 0
        case .ticks: 1
        case .control: 2
        case .command: 3
        case .stream(let place): Self.first + UInt64(place)
        }
    }
}
