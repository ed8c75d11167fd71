/// What the reactor watches.
enum Source: Equatable, RawRepresentable, Sendable {
    case signals
    case control
    case flushTimer
    case retryTimer
    case deadline
    /// A channel's worker has handed it back.
    case readiness(Int)
    /// A channel's ring has data.
    case ring(Int)
    /// A sink takes data again.
    case sink(Int)

    private static let kinds: UInt64 = 8

    init?(rawValue: UInt64) {
        let index = Int(rawValue / Self.kinds)
        switch rawValue % Self.kinds {
        case 0: self = .signals
        case 1: self = .control
        case 2: self = .flushTimer
        case 3: self = .retryTimer
        case 4: self = .deadline
        case 5: self = .readiness(index)
        case 6: self = .ring(index)
        default: self = .sink(index)
        }
    }

    var rawValue: UInt64 {
        switch self {
        case .signals: 0
        case .control: 1
        case .flushTimer: 2
        case .retryTimer: 3
        case .deadline: 4
        case .readiness(let index): UInt64(index) * Self.kinds + 5
        case .ring(let index): UInt64(index) * Self.kinds + 6
        case .sink(let index): UInt64(index) * Self.kinds + 7
        }
    }
}
