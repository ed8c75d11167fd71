import Reactor

/// What a worker thread runs: it moves pages from ring buffer to sink, a job at a time, and decides nothing else.
struct Drainer: ~Copyable {
    private let channel: Channel
    /// Bytes in the pipe.
    private var buffered = 0
    /// Whether the sink accepted nothing the last time.
    private var isBlocked = false
    /// Whether this channel holds the right to write to a sink that others share.
    private var hasTurn = false
    /// Room for a partial page.
    private let page: UnsafeMutableRawBufferPointer

    /// How long a worker that has moved something waits for more before it hands the channel back: a busy CPU then
    /// does not pay two wake-ups and two scheduling delays a batch.
    private static let linger = Duration.milliseconds(20)
    /// How many batches are moved between two polls of the mailbox while the ring buffer never runs dry.
    ///
    /// A flush polls after each batch, because what it sends after it was given up comes too late.
    private static let batchesPerPoll = 32

    init(_ channel: Channel) {
        self.channel = channel
        page = .allocate(byteCount: channel.pageSize, alignment: 4096)
    }

    deinit { page.deallocate() }

    /// The worker thread's body: receives a job, does it, hands the channel back, until the quit word.
    mutating func run() {
        while true {
            let result: JobResult
            switch Job(word: channel.mailbox.receive()) {
            case .drain: result = move(pages: .max, takesPartialPage: false, lingers: true)
            case .flush(let pages): result = move(pages: pages, takesPartialPage: true, lingers: false)
            case .handBack: result = .interrupted
            case .interrupt: continue
            case .quit: return
            }
            channel.readiness.signal(result.word)
        }
    }

    /// Moves at most `pages` from ring buffer to sink, after what an earlier job left in the pipe.
    ///
    /// splice(2) moves whole pages only and fails with `EAGAIN` for a partial one; read(2) gives the partial one,
    /// padded with zeros to a whole page.
    private mutating func move(pages: Int, takesPartialPage: Bool, lingers: Bool) -> JobResult {
        // A CPU that was offline has lost its pin.
        if currentCPU() != channel.cpu { _ = pinThread(to: channel.cpu) }
        var left = pages
        var batches = 0
        let batchesPerPoll = lingers ? Self.batchesPerPoll : 1
        var hasMoved = buffered > 0
        var movedSinceWait = hasMoved
        var partialPageComesNext = takesPartialPage
        do throws(JobResult) {
            try deliver()
            while left > 0 {
                if let taken = try takeWholePages(atMost: left) {
                    left -= taken
                    partialPageComesNext = takesPartialPage
                } else if partialPageComesNext, try takePartialPage() {
                    left -= 1
                    partialPageComesNext = false
                } else if lingers, movedSinceWait, try waitForMore() {
                    movedSinceWait = false
                    continue
                } else {
                    return hasMoved ? .dry : .idle
                }
                hasMoved = true
                movedSinceWait = true
                try deliver()
                batches += 1
                if batches % batchesPerPoll == 0, hasWord() { return .interrupted }
            }
            return .spent
        } catch {
            return error
        }
    }

    /// Splices whole pages from the ring buffer into the pipe, which is empty.
    ///
    /// - Returns: How many; `nil` if the ring buffer has none.
    private mutating func takeWholePages(atMost limit: Int) throws(JobResult) -> Int? {
        let length = min(limit, channel.pagesPerSplice) * channel.pageSize
        do throws(SystemError) {
            let taken = try channel.ring.descriptor.splice(to: channel.pipe.writeEnd, length: length)
            guard let taken, taken > 0 else { return nil }
            buffered = taken
            channel.counters.pages.count(taken / channel.pageSize)
            return taken / channel.pageSize
        } catch {
            throw .ringFailed(error.code)
        }
    }

    /// Copies the partial page from the ring buffer into the pipe, which is empty.
    ///
    /// - Returns: `false` if the ring buffer is empty.
    private mutating func takePartialPage() throws(JobResult) -> Bool {
        do throws(SystemError) {
            guard let count = try channel.ring.descriptor.read(into: page), count > 0 else { return false }
            UnsafeMutableRawBufferPointer(rebasing: page[count...]).initializeMemory(
                as: UInt8.self, repeating: 0)
            let written = try channel.pipe.writeEnd.write(UnsafeRawBufferPointer(page))
            precondition(written == page.count, "an empty pipe takes a page")
            buffered = page.count
            channel.counters.pages.count()
            return true
        } catch {
            throw .ringFailed(error.code)
        }
    }

    /// More than any pipe holds.
    ///
    /// The length of a splice to a virtio port must cover all of it: for a shorter one the driver hands QEMU a chain
    /// without an end, and the guest oopses.
    private static let everything = 1 << 30

    /// Splices what the pipe holds to the sink.
    ///
    /// - Throws: `.blocked` if the sink does not accept all of it now.
    private mutating func deliver() throws(JobResult) {
        while buffered > 0 {
            try acquireTurn()
            defer { releaseTurn() }
            let moved: Int?
            do throws(SystemError) {
                moved = try channel.pipe.readEnd.splice(to: channel.sink.descriptor, length: Self.everything)
                if moved == 0 { try accountForZero() }
            } catch {
                if error.code.meansGone { try discardRestOfPage() }
                throw .sinkFailed(error.code)
            }
            guard let moved else { throw block() }
            isBlocked = false
            buffered -= moved
            channel.counters.bytes.count(moved)
        }
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
    private mutating func discardRestOfPage() throws(JobResult) {
        let rest = buffered % channel.pageSize
        guard rest > 0 else { return }
        do throws(SystemError) {
            let count = try channel.pipe.readEnd.read(
                into: UnsafeMutableRawBufferPointer(rebasing: page[..<rest]))
            buffered -= count ?? 0
            channel.counters.bytesGone.count(count ?? 0)
        } catch {
            throw .ringFailed(error.code)
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
    private mutating func releaseTurn() {
        guard hasTurn, buffered % channel.pageSize == 0 else { return }
        hasTurn = false
        channel.sink.turn?.release()
    }

    /// Waits a short time for the ring buffer to report more.
    private func waitForMore() throws(JobResult) -> Bool {
        switch poll(channel.ring.descriptor, or: channel.mailbox.descriptor, timeout: Self.linger) {
        case .first: true
        case .second: throw .interrupted
        case .neither: false
        }
    }

    private func hasWord() -> Bool {
        poll(channel.mailbox.descriptor, for: .readable, timeout: .zero)
    }
}
