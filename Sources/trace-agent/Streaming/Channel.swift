import Reactor

/// One CPU's path: ring, pipe, sink, and what reactor and worker tell each other.
final class Channel: Sendable {
    let ring: Ring
    let pipe: Pipe
    let sink: Sink
    let pageSize: Int
    /// Jobs for the worker.
    let mailbox: Mailbox
    /// Tells the reactor that the worker has handed the channel back, and how the job ended.
    let readiness: EventFD
    let account = ChannelCounters()

    init(ring: Ring, sink: Sink, pageSize: Int, pipeSize: Int) throws(SystemError) {
        // A page that is taken by read(2) is written to the pipe in one piece.
        let pipe = try Pipe(size: max(pageSize, min(pipeSize, sink.longestPipe)))
        let mailbox = try Mailbox()
        let readiness = try EventFD()
        self.ring = ring
        self.sink = sink
        self.pageSize = pageSize
        self.pipe = pipe
        self.mailbox = mailbox
        self.readiness = readiness
    }

    var cpu: Int { ring.cpu }

    /// The most pages that one splice(2) takes from the ring, so that the pipe's size bounds what it holds.
    var pagesPerSplice: Int { max(1, min(pipe.capacity / pageSize, sink.pagesPerSplice)) }

    /// Bytes taken from the ring that the sink has not taken yet.
    var pendingBytes: Int {
        // In this order: the worker goes on counting.
        let sent = account.bytes.now + account.bytesGone.now
        return account.pages.now * pageSize - sent
    }
}
