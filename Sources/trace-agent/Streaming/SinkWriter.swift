import Reactor

/// The second half of a page's way, pipe to sink, as a worker goes it.
struct SinkWriter: ~Copyable {
    private let channel: Channel
    /// Bytes in the pipe.
    var buffered: Int
    /// Whether the sink accepted nothing the last time.
    private var isBlocked = false
    /// Whether this channel holds the right to write to a sink that others share.
    private var hasTurn = false
    private var inFlight: InFlight
    /// Takes the place of splice(2) to a sink that refuses it.
    private var copier: Copier?

    init(_ channel: Channel) {
        self.channel = channel
        inFlight = InFlight(splices: channel.sink.queueLength)
        buffered = channel.pendingBytes
    }

    /// More than any pipe holds.
    ///
    /// The length of a splice to a virtio port must cover all of it: for a shorter one the driver hands QEMU a chain
    /// without an end, and the guest oopses.
    private static let everything = 1 << 30

    /// Splices what the pipe holds to the sink.
    ///
    /// - Parameter pageSize: Bytes of a sub-buffer; a sink that others share is held for whole ones.
    /// - Throws: `.blocked` if the sink does not accept all of it now.
    mutating func deliver(pageSize: Int) throws(JobResult) {
        while buffered > 0 {
            try acquireTurn()
            defer { releaseTurn(pageSize: pageSize) }
            let moved: Int?
            do throws(SystemError) {
                moved = try spliceOrCopy()
                if moved == 0 { try accountForZero() }
            } catch {
                if error.code.meansGone {
                    loseWhatIsInFlight()
                    try discard(buffered % pageSize)
                }
                throw .sinkFailed(error.code)
            }
            guard let moved else { throw block() }
            isBlocked = false
            buffered -= moved
            channel.counters.bytes.count(moved)
            inFlight.add(moved)
            channel.counters.bytesInFlight.set(inFlight.bytes)
        }
    }

    /// The port takes what was in its queue with it.
    private mutating func loseWhatIsInFlight() {
        channel.counters.bytesUnconfirmed.count(inFlight.bytes)
        inFlight = InFlight(splices: channel.sink.queueLength)
        channel.counters.bytesInFlight.set(0)
    }

    private mutating func spliceOrCopy() throws(SystemError) -> Int? {
        if copier == nil {
            do throws(SystemError) {
                return try channel.pipe.readEnd.splice(to: channel.sink.descriptor, length: Self.everything)
            } catch  where error.code == .invalidArgument {
                copier = Copier()
            }
        }
        return try copier?.move(from: channel.pipe.readEnd, to: channel.sink.descriptor)
    }

    /// Counts what was lost: a virtio port whose queue has no room for the chain returns 0 and throws the pages away.
    private mutating func accountForZero() throws(SystemError) {
        let left = try channel.pipe.readEnd.bytesToRead()
        channel.counters.zeroSplices.count()
        channel.counters.bytesGone.count(buffered - left)
        if buffered == left {
            throw SystemError(call: "splice", subject: channel.sink.name, code: .inputOutput)
        }
        buffered = left
    }

    /// Drops the rest of a page whose first part went to a connection that has broken: the next connection starts with a
    /// whole page.
    private mutating func discard(_ rest: Int) throws(JobResult) {
        guard rest > 0, copier == nil else { return }
        do throws(SystemError) {
            let count = try channel.pipe.readEnd.readToEnd(limit: rest).count
            buffered -= count
            channel.counters.bytesGone.count(count)
        } catch {
            throw .pipeFailed(error.code)
        }
    }

    /// Counts how often the sink became blocked, not how often that was tried.
    private mutating func block() -> JobResult {
        if !isBlocked { channel.counters.timesBlocked.count() }
        isBlocked = true
        return .blocked
    }

    /// Waits until no other channel writes to the sink, or until a word is in the mailbox.
    private mutating func acquireTurn() throws(JobResult) {
        guard let turn = channel.sink.turn, !hasTurn else { return }
        while !turn.acquire() {
            if poll(turn.descriptor, or: channel.mailbox.descriptor) == .second { throw .interrupted }
        }
        hasTurn = true
    }

    /// Lets others write, unless this channel is in the middle of a page.
    private mutating func releaseTurn(pageSize: Int) {
        guard hasTurn, buffered % pageSize == 0 else { return }
        hasTurn = false
        channel.sink.turn?.release()
    }
}
