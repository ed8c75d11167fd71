import Reactor

/// What waits to be sent on a stream: answers, and a header between those that came before it and those that follow it.
struct Outbox {
    /// What is sent next: answers, or a piece of the header.
    private var next: [UInt8] = []
    /// A header that is being sent; `next` held the line that announces it, then holds its pieces.
    private(set) var transfer: Transfer?
    /// Answers that follow it.
    private var later: [UInt8] = []
    /// How many bytes of the answers, of the later ones if there are such, were queued at the last `noteLook`.
    private var older = 0
    /// Whether more could be sent than fits in a turn.
    private(set) var wantsTurn = false

    /// The most bytes of answers that wait for the other side to read.
    private static let longest = 256 << 10
    /// The most bytes that are sent in a turn.
    private static let turn = 256 << 10

    var isEmpty: Bool { next.isEmpty && transfer == nil }

    /// Whether so many answers wait that making another would be wasted.
    var isCongested: Bool { queued > Self.longest / 2 }

    private var queued: Int { next.count + later.count }

    /// Queues one line, unless too much waits already.
    mutating func add(_ line: String) {
        guard queued + line.utf8.count < Self.longest else { return }
        if transfer == nil { next += Self.bytes(of: line) } else { later += Self.bytes(of: line) }
    }

    /// Queues a header and the line that announces it; what is added from now on follows them.
    mutating func add(_ transfer: Transfer, announcedBy line: String) {
        next += Self.bytes(of: line)
        older = 0
        self.transfer = transfer
    }

    private static func bytes(of line: String) -> [UInt8] { line.utf8 + [UInt8(ascii: "\n")] }

    /// Sends what is queued, as far as the other side takes it without waiting and a turn lasts.
    mutating func send(to descriptor: borrowing FileDescriptor) throws(SystemError) {
        var left = Self.turn
        wantsTurn = false
        while try hasMore() {
            if left <= 0 {
                wantsTurn = true
                return
            }
            guard let sent = try descriptor.write(next), sent > 0 else { return }
            next.removeFirst(sent)
            left -= sent
            transfer?.lastProgress = .now
            if transfer == nil { older = max(0, older - sent) }
        }
    }

    /// Whether there is anything to send, the next piece of a header included.
    private mutating func hasMore() throws(SystemError) -> Bool {
        if next.isEmpty, transfer != nil {
            next = try transfer?.next() ?? []
            if next.isEmpty { endTransfer() }
        }
        return !next.isEmpty
    }

    /// Remembers that what is queued now is older than what the other side says from now on.
    mutating func noteLook() { older = transfer == nil ? next.count : later.count }

    /// Forgets what was meant for one who has left: a header that was on its way to him, too.
    mutating func forgetOlder() {
        if transfer != nil { endTransfer() }
        next.removeFirst(older)
    }

    private mutating func endTransfer() {
        transfer = nil
        next = later
        later = []
    }
}
