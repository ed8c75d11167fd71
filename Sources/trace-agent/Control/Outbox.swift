import Reactor

/// What waits to be sent on a stream: answers, and at most one attachment between earlier and later ones.
struct Outbox {
    /// What is sent next: answers, or a piece of the attachment.
    private var next: [UInt8] = []
    /// An attachment that is being sent; `next` holds the line that announces it, then its pieces.
    private(set) var attachment: Attachment?
    /// Answers that follow the attachment.
    private var later: [UInt8] = []
    /// How many bytes of answers (of the later ones if there are any) were queued at the last `markAnswersAsOld`.
    private var oldBytes = 0
    /// Whether more could be sent than fits in one turn.
    private(set) var wantsTurn = false

    /// The most bytes of answers that wait for the other side to read.
    private static let longest = 256 << 10
    /// The most bytes that are sent in one turn.
    private static let turn = 256 << 10

    var isEmpty: Bool { next.isEmpty && attachment == nil }

    /// Whether so many answers wait that another one would be wasted.
    var isCongested: Bool { queued > Self.longest / 2 }

    private var queued: Int { next.count + later.count }

    /// Queues one line; drops it if too much waits already.
    mutating func add(_ line: String) {
        guard queued + line.utf8.count < Self.longest else { return }
        if attachment == nil { next += Self.bytes(of: line) } else { later += Self.bytes(of: line) }
    }

    /// Queues an attachment and the line that announces it; later lines follow them.
    mutating func add(_ attachment: Attachment, announcedBy line: String) {
        next += Self.bytes(of: line)
        oldBytes = 0
        self.attachment = attachment
    }

    private static func bytes(of line: String) -> [UInt8] { line.utf8 + [UInt8(ascii: "\n")] }

    /// Sends what is queued, as far as the other side accepts it without waiting and the turn lasts.
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
            attachment?.noteProgress()
            if attachment == nil { oldBytes = max(0, oldBytes - sent) }
        }
    }

    /// Whether there is anything to send, the next piece of the attachment included.
    private mutating func hasMore() throws(SystemError) -> Bool {
        if next.isEmpty, attachment != nil {
            next = try attachment?.next() ?? []
            if next.isEmpty { endAttachment() }
        }
        return !next.isEmpty
    }

    /// Marks what is queued now as older than what the other side sends from now on.
    mutating func markAnswersAsOld() { oldBytes = attachment == nil ? next.count : later.count }

    /// Drops what was meant for a host that has left: old answers, and an attachment on its way.
    mutating func dropOldAnswers() {
        if attachment != nil { endAttachment() }
        next.removeFirst(oldBytes)
    }

    private mutating func endAttachment() {
        attachment = nil
        next = later
        later = []
    }
}
