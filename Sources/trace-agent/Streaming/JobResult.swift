import Reactor

/// How a job ended; a 64-bit word in the channel's readiness eventfd.
enum JobResult: Error, Equatable {
    /// The ring buffer gave everything it had.
    case dry
    /// The same, and nothing was moved at all.
    case idle
    /// The sink accepts nothing more; the rest waits in the pipe.
    case blocked
    /// As many pages as asked for were moved.
    case spent
    /// The mailbox held an interrupt.
    case interrupted
    /// The ring buffer cannot be read.
    case ringFailed(Errno)
    /// The pipe cannot be used: the kernel has no memory for it.
    case pipeFailed(Errno)
    /// The sink cannot be written.
    case sinkFailed(Errno)

    /// Whether the ring buffer holds pages that cannot be taken; one of a CPU that was never online holds none.
    var meansUnreadable: Bool {
        switch self {
        case .ringFailed(.noDevice): false
        case .ringFailed, .pipeFailed: true
        default: false
        }
    }

    var word: UInt64 {
        switch self {
        case .dry: 1
        case .idle: 2
        case .blocked: 3
        case .spent: 4
        case .interrupted: 5
        case .ringFailed(let code): 6 | UInt64(code.rawValue) << 8
        case .sinkFailed(let code): 7 | UInt64(code.rawValue) << 8
        case .pipeFailed(let code): 8 | UInt64(code.rawValue) << 8
        }
    }

    init?(word: UInt64) {
        let code = Errno(rawValue: CInt(truncatingIfNeeded: word >> 8))
        switch word & 0xff {
        case 1: self = .dry
        case 2: self = .idle
        case 3: self = .blocked
        case 4: self = .spent
        case 5: self = .interrupted
        case 6: self = .ringFailed(code)
        case 7: self = .sinkFailed(code)
        case 8: self = .pipeFailed(code)
        default: return nil
        }
    }
}
