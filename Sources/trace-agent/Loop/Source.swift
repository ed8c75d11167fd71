import Reactor

/// The agent's reactor.
typealias AgentReactor = Reactor<Source>

/// What the reactor watches.
enum Source: Equatable, RawRepresentable, Sendable {
    case signals
    case control
    case flushTimer
    case retryTimer
    case deadline
    case heartbeat
    /// The time that the agent was given is over: `--duration`.
    case durationTimer
    /// It may be time for another part of a recording.
    case partTimer
    /// The program with which a recording ends has ended.
    case command
    /// Names have come into the ports' folder.
    case portsFolder
    /// Others have written to files of tracefs that matter here.
    case settings
    /// The ring buffers are open again, or released.
    case ringOpener
    /// A client wants to connect.
    case listener(Int)
    /// A client of the local socket has sent something, or can be sent more.
    case client(Int)
    /// The header worker has handed a slot back.
    case header(Int)
    /// More of a header can be sent than fits in one turn of the loop.
    case headerTurn
    /// A channel's worker has handed the channel back, or does nothing.
    case worker(Int)
    /// A channel's ring buffer has data.
    case ring(Int)
    /// A sink accepts data again.
    case sink(Int)

    private static let kinds: UInt64 = 32

    init?(rawValue: UInt64) {
        let index = Int(rawValue / Self.kinds)
        switch rawValue % Self.kinds {
        case 0: self = .signals
        case 1: self = .control
        case 2: self = .flushTimer
        case 3: self = .retryTimer
        case 4: self = .deadline
        case 5: self = .worker(index)
        case 6: self = .ring(index)
        case 7: self = .sink(index)
        case 8: self = .heartbeat
        case 9: self = .portsFolder
        case 10: self = .listener(index)
        case 11: self = .client(index)
        case 12: self = .durationTimer
        case 13: self = .header(index)
        case 14: self = .headerTurn
        case 15: self = .settings
        case 16: self = .partTimer
        case 17: self = .command
        case 18: self = .ringOpener
        default: return nil
        }
    }

    var rawValue: UInt64 {
        switch self {
        case .signals: 0
        case .control: 1
        case .flushTimer: 2
        case .retryTimer: 3
        case .deadline: 4
        case .heartbeat: 8
        case .portsFolder: 9
        case .durationTimer: 12
        case .headerTurn: 14
        case .settings: 15
        case .partTimer: 16
        case .command: 17
        case .ringOpener: 18
        case .listener(let index): UInt64(index) * Self.kinds + 10
        case .client(let place): UInt64(place) * Self.kinds + 11
        case .header(let index): UInt64(index) * Self.kinds + 13
        case .worker(let index): UInt64(index) * Self.kinds + 5
        case .ring(let index): UInt64(index) * Self.kinds + 6
        case .sink(let index): UInt64(index) * Self.kinds + 7
        }
    }
}
