import Reactor
import Synchronization

/// One CPU's path, ring buffer to pipe to sink, and how the reactor thread and the worker reach each other.
final class Channel: Sendable {
    let ring: Ring
    let pipe: Pipe
    let sink: Sink
    /// Jobs for the worker.
    let mailbox: Mailbox
    /// Readable once the worker has handed the channel back; its word is the job's result.
    let readiness: EventFD
    /// Ends if the worker does nothing although it has a job.
    let silence: SilenceTimer
    let counters = ChannelCounters()
    let placement: Placement
    /// Longest time that an event waits in the ring buffer; 0: until the stop.
    let flushInterval: Duration
    private let pipes: PipeStore
    private let subBufferSize: Atomic<Int>
    /// Whether pages are taken by read(2): see `readPages`.
    private let isReadingPages = Atomic<Bool>(false)

    /// - Parameters:
    ///   - pageSize: Bytes of a sub-buffer.
    ///   - pipeSize: Bytes that are wished for; the sink may allow less.
    ///   - workerCPUs: Where the worker runs; `nil` for the CPU of the ring buffer.
    ///   - flushInterval: Longest time that an event waits in the ring buffer; 0: until the stop.
    init(
        ring: Ring, sink: Sink, pageSize: Int, pipeSize: Int, _ pipes: PipeStore = .none,
        workerCPUs: [Int]? = nil, flushInterval: Duration = .zero
    ) throws(SystemError) {
        // A page that read(2) takes is written to the pipe in one piece.
        let pipe = try pipes.pipe(cpu: ring.cpu, size: max(pageSize, min(pipeSize, sink.longestPipe)))
        let kept = try pipe.readEnd.bytesToRead()
        counters.bytesTaken.set(kept)
        if try sink.descriptor.kind() == .socket {
            // Another connection than that of the earlier process: it begins with a whole page.
            counters.bytesGone.set(try pipe.readEnd.readToEnd(limit: kept % pageSize).count)
        }
        let mailbox = try Mailbox()
        let readiness = try EventFD()
        let silence = try SilenceTimer()
        self.ring = ring
        self.sink = sink
        self.pipe = pipe
        self.pipes = pipes
        self.mailbox = mailbox
        self.readiness = readiness
        self.silence = silence
        self.flushInterval = flushInterval
        placement = Placement(home: workerCPUs ?? [ring.cpu])
        subBufferSize = Atomic(pageSize)
    }

    var cpu: Int { ring.cpu }

    /// Whether the pipe has what an earlier process had put into it.
    var hasKeptPipe: Bool { pipes.kept[cpu] != nil }

    /// The channel is in use from now on: what is in its pipe is to outlive the process.
    func keepPipe() { if !hasKeptPipe { pipes.keep(pipe, cpu: cpu) } }

    /// Bytes of a sub-buffer; a worker reads it once for each job.
    var pageSize: Int { subBufferSize.now }

    /// Goes on with sub-buffers of another size, as of the next job.
    ///
    /// - Returns: `false` if a page would not fit into the pipe.
    func setPageSize(_ size: Int) -> Bool {
        guard size <= pipe.capacity else { return false }
        subBufferSize.set(size)
        isReadingPages.store(false, ordering: .releasing)
        return true
    }

    /// splice(2) has refused the ring buffer, whose sub-buffers have `size` bytes.
    ///
    /// The file's offset is not a multiple of that size, because it has grown: read(2) takes the place of splice(2).
    ///
    /// - Returns: Whether the next job can read it.
    func canRead(pagesOf size: Int) -> Bool {
        // Too large for the pipe.
        if pageSize != size { return false }
        return !isReadingPages.exchange(true, ordering: .acquiringAndReleasing)
    }

    /// Whether read(2) takes the place of splice(2).
    var readsPages: Bool { isReadingPages.load(ordering: .acquiring) }

    /// The most pages that the ring buffer can hold now.
    var pagesInRing: Int { RingGeometry.pages(inRingOf: ring.size, pageSize: pageSize) }

    /// The most pages that one splice(2) takes from the ring buffer: the pipe's size bounds what the port holds.
    var pagesPerSplice: Int { max(1, min(pipe.capacity / pageSize, sink.pagesPerSplice)) }

    /// Bytes that are sent, or given up.
    var bytesDone: Int { counters.bytes.now + counters.bytesGone.now }

    /// Bytes taken from the ring buffer that the sink has not accepted yet.
    var pendingBytes: Int {
        // In this order: the worker goes on counting.
        let done = bytesDone
        return counters.bytesTaken.now - done
    }
}
