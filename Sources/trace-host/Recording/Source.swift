/// What the reactor of a recording watches.
enum Source: RawRepresentable, Sendable {
    case signals
    /// Time has passed: limits are checked, progress is shown.
    case ticks
    /// The program that is recorded has ended.
    case command
    /// Somebody has typed a line.
    case terminal
    /// A name has appeared where the file of the trigger is expected.
    case triggerFile
    /// The answers of a guest's agent.
    case control(guest: Int)
    /// The pages of a guest's stream, by its place.
    case stream(guest: Int, place: Int)

    private static let firstControl: UInt64 = 1 << 32
    private static let firstStream: UInt64 = 1 << 48

    init?(rawValue: UInt64) {
        switch rawValue {
        case 0: self = .signals
        case 1: self = .ticks
        case 2: self = .command
        case 3: self = .terminal
        case 4: self = .triggerFile
        case Self.firstStream...:
            let number = Int(rawValue - Self.firstStream)
            self = .stream(guest: number >> 16, place: number & 0xffff)
        default: self = .control(guest: Int(rawValue - Self.firstControl))
        }
    }

    var rawValue: UInt64 {
        switch self {
        case .signals: 0
        case .ticks: 1
        case .command: 2
        case .terminal: 3
        case .triggerFile: 4
        case .control(let guest): Self.firstControl + UInt64(guest)
        // CPUs have numbers up to 8191.
        case .stream(let guest, let place): Self.firstStream + UInt64(guest << 16 | place)
        }
    }
}
