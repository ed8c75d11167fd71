import Reactor
import TraceFile

/// What a worker thread runs: it moves pages from ring buffer to sink, a job at a time, and decides nothing else.
struct Drainer: ~Copyable {
    private let channel: Channel
    /// Moves on what the pipe holds.
    private var writer: SinkWriter
    /// Bytes of a sub-buffer, for this job.
    private var pageSize: Int
    /// Room for a partial page.
    private var page: UnsafeMutableRawBufferPointer

    private var linger: Linger

    /// How many batches are moved between two polls of the mailbox while the ring buffer never runs dry.
    ///
    /// A flush polls after each batch, because what it sends after it was given up comes too late.
    private static let batchesPerPoll = 32

    init(_ channel: Channel) {
        self.channel = channel
        pageSize = channel.pageSize
        page = .allocate(byteCount: pageSize, alignment: 4096)
        writer = SinkWriter(channel)
        linger = Linger(flushInterval: channel.flushInterval)
    }

    deinit { page.deallocate() }

    /// The worker thread's body: receives a job, does it, hands the channel back, until the quit word.
    mutating func run() {
        while true {
            let result: JobResult
            switch Job(word: channel.mailbox.receive()) {
            case .drain: result = moveAndLinger(takesPartialPage: false)
            case .drainAll: result = moveAndLinger(takesPartialPage: true)
            case .flush(let pages): result = move(pages: pages, takesPartialPage: true, lingers: false)
            case .handBack: result = .interrupted
            case .interrupt: continue
            case .quit: return
            }
            channel.readiness.signal(result.word)
        }
    }

    private mutating func moveAndLinger(takesPartialPage: Bool) -> JobResult {
        linger.begin(isFlush: takesPartialPage)
        return move(pages: .max, takesPartialPage: takesPartialPage, lingers: true)
    }

    /// Moves at most `pages` from ring buffer to sink, after what an earlier job left in the pipe.
    ///
    /// splice(2) moves whole pages only and fails with `EAGAIN` for a partial one; read(2) gives the partial one,
    /// padded with zeros to a whole page.
    private mutating func move(pages: Int, takesPartialPage: Bool, lingers: Bool) -> JobResult {
        channel.placement.goHome()
        notePageSize()
        var left = pages
        var batches = 0
        let batchesPerPoll = lingers ? Self.batchesPerPoll : 1
        var hasMoved = writer.buffered > 0
        var mayWait = hasMoved
        var takesPartialPage = takesPartialPage
        var partialPageComesNext = takesPartialPage
        do throws(JobResult) {
            try writer.deliver(pageSize: pageSize)
            guard let ring = channel.ring.pageFile else {
                return .ringFailed(channel.ring.openError ?? .badDescriptor)
            }
            while left > 0 {
                if let taken = try takeWholePages(of: ring, atMost: left) {
                    left -= taken
                    partialPageComesNext = takesPartialPage
                } else if partialPageComesNext, try takePartialPage(of: ring) {
                    left -= 1
                    partialPageComesNext = false
                    // One a flush interval: each costs a whole page on the wire.
                    if lingers { takesPartialPage = false }
                } else if lingers, mayWait, let reason = try waitForMore(of: ring) {
                    // What poll(2) reports and splice(2) does not move is not waited for again.
                    mayWait = reason == .renewal
                    takesPartialPage = reason == .flush
                    partialPageComesNext = takesPartialPage
                    continue
                } else {
                    return hasMoved ? .dry : nothingMoved(of: ring)
                }
                hasMoved = true
                mayWait = true
                try writer.deliver(pageSize: pageSize)
                batches += 1
                if batches % Self.batchesPerPoll == 0 { channel.silence.expect(within: Starvation.patience) }
                if batches % batchesPerPoll == 0, hasWord() { return .interrupted }
            }
            return .spent
        } catch {
            return error
        }
    }

    /// What it means that the ring buffer gave nothing: splice(2) takes that of a CPU that was never online for an empty
    /// one, and only poll(2) and read(2) tell.
    private func nothingMoved(of ring: NamedFile) -> JobResult {
        isInError(ring.descriptor) ? .ringFailed(.noDevice) : .idle
    }

    private mutating func notePageSize() {
        if pageSize == channel.pageSize { return }
        pageSize = channel.pageSize
        page.deallocate()
        page = .allocate(byteCount: pageSize, alignment: 4096)
    }

    /// Splices whole pages from the ring buffer into the pipe, which is empty.
    ///
    /// - Returns: How many; `nil` if the ring buffer has none.
    private mutating func takeWholePages(of ring: NamedFile, atMost limit: Int) throws(JobResult) -> Int? {
        if channel.readsPages { return try takePartialPage(of: ring) ? 1 : nil }
        let length = min(limit, channel.pagesPerSplice) * pageSize
        do throws(SystemError) {
            let taken = try ring.descriptor.splice(to: channel.pipe.writeEnd, length: length)
            guard let taken, taken > 0 else { return nil }
            countTaken(taken)
            writer.buffered = taken
            return taken / pageSize
        } catch {
            throw .ringFailed(error.code)
        }
    }

    /// Copies the partial page from the ring buffer into the pipe, which is empty.
    ///
    /// - Returns: `false` if the ring buffer is empty.
    private mutating func takePartialPage(of ring: NamedFile) throws(JobResult) -> Bool {
        do throws(SystemError) {
            guard let count = try ring.descriptor.read(into: page), count > 0 else { return false }
            UnsafeMutableRawBufferPointer(rebasing: page[count...]).initializeMemory(
                as: UInt8.self, repeating: 0)
        } catch {
            throw .ringFailed(error.code)
        }
        countTaken(pageSize)
        do throws(SystemError) {
            let written = try channel.pipe.writeEnd.write(UnsafeRawBufferPointer(page)) ?? 0
            if written < pageSize {
                _ = try channel.pipe.readEnd.readToEnd(limit: written)
                throw SystemError(call: "write", subject: "pipe", code: .noMemory)
            }
        } catch {
            // No memory for the pipe: the page is lost.
            channel.counters.bytesGone.count(pageSize)
            throw .pipeFailed(error.code)
        }
        writer.buffered = pageSize
        return true
    }

    private func countTaken(_ bytes: Int) {
        channel.counters.bytesTaken.count(bytes)
        channel.counters.pages.count(bytes / pageSize)
    }

    /// Waits for the ring buffer to report more.
    ///
    /// - Returns: Why it is to be tried; `nil` if it has given what there is.
    private mutating func waitForMore(of ring: NamedFile) throws(JobResult) -> Linger.Reason? {
        let time = linger.time()
        channel.silence.expect(within: time + Starvation.patience)
        switch poll(ring.descriptor, or: channel.mailbox.descriptor, timeout: time) {
        case .first: return linger.isReported()
        case .second: throw .interrupted
        case .neither: return linger.hasTimedOut()
        }
    }

    private func hasWord() -> Bool {
        poll(channel.mailbox.descriptor, for: .readable, timeout: .zero)
    }
}
