/// What the reactor thread asks a worker to do; a 64-bit word in the worker's mailbox.
///
/// Words that meet in the mailbox add up. Only one job is in flight, so only `interrupt` and `quit` can meet another
/// word, and each has bits of its own.
enum Job: Equatable, Sendable {
    /// Move whole pages, and linger for more.
    case drain
    /// Move whole pages and the partial one, and linger for more.
    case drainAll
    /// Move at most this many pages, then the partial one; do not linger.
    case flush(pages: Int)
    /// Hand the channel back as it is: a busy worker does so at once, an idle one has nothing to do.
    case interrupt
    /// Another job and an `interrupt` that met: hand the channel back at once.
    case handBack
    /// End the thread.
    case quit

    private static let drains: UInt64 = 1
    private static let flushes: UInt64 = 2
    private static let quits: UInt64 = 4
    private static let drainsAll: UInt64 = 8
    private static let pageUnit: UInt64 = 1 << 8
    private static let interrupts: UInt64 = 1 << 40

    var word: UInt64 {
        switch self {
        case .drain: Self.drains
        case .drainAll: Self.drainsAll
        case .flush(let pages): Self.flushes + UInt64(min(max(pages, 0), Int(UInt32.max))) * Self.pageUnit
        case .interrupt: Self.interrupts
        case .handBack: Self.drains + Self.interrupts
        case .quit: Self.quits
        }
    }

    /// Reads what a mailbox held.
    init(word: UInt64) {
        if word & Self.quits != 0 {
            self = .quit
        } else if word & (Self.flushes | Self.drains | Self.drainsAll) == 0 {
            self = .interrupt
        } else if word >= Self.interrupts {
            self = .handBack
        } else if word & Self.flushes != 0 {
            self = .flush(pages: Int(word / Self.pageUnit))
        } else if word & Self.drainsAll != 0 {
            self = .drainAll
        } else {
            self = .drain
        }
    }
}
