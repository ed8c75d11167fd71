import Reactor

/// One CPU's path, ring buffer to pipe to sink, and how the reactor thread and the worker reach each other.
final class Channel: Sendable {
    let ring: Ring
    let pipe: Pipe
    let sink: Sink
    /// Bytes of a sub-buffer.
    let pageSize: Int
    /// Jobs for the worker.
    let mailbox: Mailbox
    /// Readable once the worker has handed the channel back; its word is the job's result.
    let readiness: EventFD
    let counters = ChannelCounters()

    /// - Parameter pipeSize: Bytes that are wished for; the sink may allow less.
    init(ring: Ring, sink: Sink, pageSize: Int, pipeSize: Int) throws(SystemError) {
        // A page that read(2) takes is written to the pipe in one piece.
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

    /// The most pages that one splice(2) takes from the ring buffer: the pipe's size bounds what the port holds.
    var pagesPerSplice: Int { max(1, min(pipe.capacity / pageSize, sink.pagesPerSplice)) }

    /// The most pages that the ring buffer can hold now.
    func pagesInRing() throws(SystemError) -> Int {
        RingGeometry.pages(inRingOf: try ring.size(), pageSize: pageSize)
    }

    /// Bytes taken from the ring buffer that the sink has not accepted yet.
    var pendingBytes: Int {
        // In this order: the worker goes on counting.
        let sent = counters.bytes.now + counters.bytesGone.now
        return counters.pages.now * pageSize - sent
    }
}
