import Glibc
import Reactor
import Support
import Testing

@testable import trace_agent

/// A worker, given jobs by its mailbox.
struct DrainerTests {
    private let folder = TemporaryFolder()

    /// A channel with a worker.
    private func worker(
        _ sink: Sink, pageSize: Int = 4096, flushInterval: Duration = .zero
    ) throws -> (Worker, PipeRing) {
        let ring = try PipeRing(cpu: 0, in: folder, pageSize: pageSize)
        let channel = try Channel(
            ring: ring.ring, sink: sink, pageSize: pageSize, pipeSize: 64 << 10, flushInterval: flushInterval)
        return (try Worker(channel), ring)
    }

    /// Gives `worker` a job.
    private func post(_ job: Job, _ worker: Worker) { worker.channel.mailbox.post(job.word) }

    /// Waits for the end of the job; how it ended.
    private func result(_ worker: Worker) throws -> JobResult? {
        guard poll(worker.channel.readiness.descriptor, for: .readable, timeout: .seconds(20)) else {
            throw TestFailure("the job does not end")
        }
        return worker.channel.readiness.receive().flatMap { JobResult(word: $0) }
    }

    /// The result of a drain, once an interrupt that may still be in the mailbox is used up: the two may meet there.
    private func drainAfterInterrupt(_ worker: Worker) throws -> JobResult? {
        post(.drain, worker)
        let first = try result(worker)
        if first != .interrupted { return first }
        post(.drain, worker)
        return try result(worker)
    }

    @Test func `a drain moves all whole pages, and ends dry`() throws {
        let sink = try PipeSink()
        let (worker, ring) = try worker(sink.sink)
        try ring.write(pages: 100)
        post(.drain, worker)
        #expect(try result(worker) == .dry)
        #expect(try sink.numbers() == Array(0..<100))
        #expect(worker.channel.counters.pages.now == 100)
        #expect(worker.channel.pendingBytes == 0)
    }

    @Test func `a drain of nothing is idle`() throws {
        let (worker, _) = try worker(try PipeSink().sink)
        post(.drain, worker)
        #expect(try result(worker) == .idle)
    }

    @Test func `a drain that has moved something lingers for more`() throws {
        let sink = try PipeSink()
        let (worker, ring) = try worker(sink.sink)
        try ring.write(pages: 1)
        post(.drain, worker)
        #expect(eventually { worker.channel.counters.pages.now == 1 })
        try ring.write(pages: 1)
        #expect(try result(worker) == .dry)
        // The second page came while the worker lingered, or waits for another job: it is never lost.
        if worker.channel.counters.pages.now == 1 {
            post(.drain, worker)
            #expect(try result(worker) == .dry)
        }
        #expect(try sink.numbers() == [0, 1])
    }

    @Test func `a worker keeps its channel while something comes, and hands it back when nothing does`()
        throws
    {
        let sink = try PipeSink()
        let (worker, ring) = try worker(sink.sink, flushInterval: .milliseconds(200))
        try ring.write(pages: 1)
        post(.drainAll, worker)
        for count in 1...3 {
            #expect(eventually { worker.channel.counters.pages.now == count })
            #expect(worker.channel.readiness.receive() == nil)
            try ring.write(pages: 1)
        }
        #expect(try result(worker) == .dry)
        #expect(try sink.numbers() == [0, 1, 2, 3])
        // An order is not kept waiting.
        try ring.write(pages: 1)
        post(.drain, worker)
        #expect(eventually { worker.channel.counters.pages.now == 5 })
        post(.interrupt, worker)
        #expect(try result(worker) == .interrupted)
    }

    @Test func `a flush moves as many pages as it is told`() throws {
        let sink = try PipeSink()
        let (worker, ring) = try worker(sink.sink)
        try ring.write(pages: 50)
        post(.flush(pages: 20), worker)
        #expect(try result(worker) == .spent)
        #expect(try sink.numbers() == Array(0..<20))
        #expect(try ring.pagesLeft() == 30)
        post(.flush(pages: 100), worker)
        #expect(try result(worker) == .dry)
        #expect(try sink.numbers() == Array(0..<50))
    }

    @Test func `what splice refuses is copied, and what a full device says is told`() throws {
        let path = "\(folder.path)/appended"
        try writeFile(path, "")
        let file = FileDescriptor(owning: open(path, O_WRONLY | O_APPEND | O_CLOEXEC))
        let (copying, ring) = try worker(Sink(file, name: "file"))
        try ring.write(pages: 40)
        post(.drain, copying)
        #expect(try result(copying) == .dry)
        #expect(PipeRing.numbers(in: try readFile(path), of: 0) == Array(0..<40))
        #expect(copying.channel.counters.bytes.now == 40 * 4096 && copying.channel.pendingBytes == 0)

        let full = try FileDescriptor.open("/dev/full", .writeOnly)
        let (refused, second) = try worker(Sink(full, name: "full"))
        try second.write(pages: 1)
        post(.drain, refused)
        #expect(try result(refused) == .sinkFailed(.noSpace))
        #expect(refused.channel.counters.bytes.now == 0 && refused.channel.pendingBytes == 4096)
    }

    @Test func `a sink that accepts copies in parts gets all of it, in order`() throws {
        let path = "\(folder.path)/fifo"
        try makeFIFO(path)
        let sink = try FileDescriptor.open(path, [.readWrite, .nonBlocking])
        let pipe = try Pipe(size: 1 << 20)
        _ = try pipe.writeEnd.write([UInt8](repeating: 7, count: 200_000))
        var copier = Copier()
        var received: [UInt8] = []
        while received.count < 200_000 {
            if try copier.move(from: pipe.readEnd, to: sink) == nil { received += try readAll(sink) }
            if try pipe.readEnd.bytesToRead() == 0 { received += try readAll(sink) }
        }
        #expect(received == [UInt8](repeating: 7, count: 200_000))
    }

    @Test func `an interrupt that comes with a job ends it at once`() throws {
        let sink = try PipeSink()
        let (worker, ring) = try worker(sink.sink)
        try ring.write(pages: 5)
        worker.channel.mailbox.post(Job.drain.word + Job.interrupt.word)
        #expect(try result(worker) == .interrupted)
        #expect(try ring.pagesLeft() == 5)
        // One without a job is no job.
        post(.interrupt, worker)
        #expect(try drainAfterInterrupt(worker) == .dry)
        #expect(try sink.numbers() == Array(0..<5))
    }

    @Test func `a blocked sink keeps what is in the pipe, and the next job sends that first`() throws {
        let sink = try PipeSink(size: 4 * 4096)
        let (worker, ring) = try worker(sink.sink)
        try ring.write(pages: 10)
        post(.drain, worker)
        #expect(try result(worker) == .blocked)
        #expect(worker.channel.pendingBytes == 6 * 4096)
        post(.drain, worker)
        #expect(try result(worker) == .blocked)
        #expect(worker.channel.counters.timesBlocked.now == 1)
        #expect(try sink.numbers() == Array(0..<4))
        post(.flush(pages: 0), worker)
        #expect(try result(worker) == .blocked)
        #expect(try sink.numbers() == Array(0..<8))
        post(.flush(pages: 0), worker)
        #expect(try result(worker) == .spent)
        #expect(try sink.numbers() == Array(0..<10))
        #expect(worker.channel.pendingBytes == 0)
    }

    @Test func `a sink that has gone is reported with its error, and no page is cut`() throws {
        let sink = try SocketSink()
        let (worker, ring) = try worker(sink.sink)
        sink.close()
        try ring.write(pages: 3)
        post(.drain, worker)
        #expect(try result(worker) == .sinkFailed(.brokenPipe))
        #expect(worker.channel.counters.bytesGone.now == 0)
        #expect(worker.channel.pendingBytes == 3 * 4096)
        try sink.reconnect()
        post(.drain, worker)
        #expect(try result(worker) == .dry)
        #expect(PipeRing.numbers(in: try sink.read(), of: 0) == [0, 1, 2])
    }

    @Test func `a descriptor that cannot be spliced is a ring that failed`() throws {
        let stats = "\(folder.path)/stats"
        try writeFile(stats, "entries: 0\n")
        let event = try EventFD()
        let ring = Ring(
            cpu: 0, pages: FileDescriptor(owning: dup(event.descriptor.rawValue)),
            stats: try .open(stats, .readOnly), size: try .open(stats, .readOnly))
        let channel = try Channel(ring: ring, sink: try PipeSink().sink, pageSize: 4096, pipeSize: 64 << 10)
        let worker = try Worker(channel)
        post(.drain, worker)
        #expect(try result(worker) == .ringFailed(.invalidArgument))
    }

    @Test func `a channel that waits for its turn hands back when it is told to`() throws {
        let turn = try Turn()
        let sink = try PipeSink(turn: turn)
        let (worker, ring) = try worker(sink.sink)
        #expect(turn.acquire())
        try ring.write(pages: 2)
        post(.drain, worker)
        #expect(eventually { worker.channel.counters.pages.now == 2 })
        post(.interrupt, worker)
        #expect(try result(worker) == .interrupted)
        #expect(try sink.read().isEmpty)
        turn.release()
        #expect(try drainAfterInterrupt(worker) == .dry)
        #expect(try sink.numbers() == [0, 1])
    }
}
