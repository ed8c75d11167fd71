import CommandSupport
import Reactor
import Synchronization

/// One CPU's ring buffer: the files of tracefs that give its pages, counters and size.
///
/// All are opened before privileges are dropped and stay open: a path could not be opened again, and closing any
/// duplicate of `trace_pipe_raw` ends its reader for good on newer kernels.
final class Ring: Sendable {
    let cpu: Int
    /// `trace_pipe_raw`, non-blocking: a splice(2) that blocks is not woken when tracing stops.
    let descriptor: FileDescriptor
    private let statsFile: FileDescriptor
    private let sizeFile: FileDescriptor
    private let lastSize: Atomic<Int>

    /// - Parameters:
    ///   - pages: Gives pages to splice(2) and read(2).
    ///   - stats: In the format of `per_cpu/cpuN/stats`.
    ///   - size: In the format of `per_cpu/cpuN/buffer_size_kb`.
    init(
        cpu: Int, pages: consuming FileDescriptor, stats: consuming FileDescriptor,
        size: consuming FileDescriptor
    ) {
        self.cpu = cpu
        descriptor = pages
        statsFile = stats
        lastSize = Atomic(Self.size(in: size) ?? 0)
        sizeFile = size
    }

    /// Opens the files of `cpu`.
    convenience init(cpu: Int, in tracefs: Tracefs) throws(Failure) {
        let pages = try tracefs.open("per_cpu/cpu\(cpu)/trace_pipe_raw", [.readOnly, .nonBlocking])
        let stats = try tracefs.open("per_cpu/cpu\(cpu)/stats", .readOnly)
        let size = try tracefs.open("per_cpu/cpu\(cpu)/buffer_size_kb", .readOnly)
        self.init(cpu: cpu, pages: pages, stats: stats, size: size)
    }

    /// The kernel's counters as they are now.
    func stats() throws(SystemError) -> RingStats { RingStats(parsing: try statsText()) }

    /// The same as text.
    func statsText() throws(SystemError) -> String { try statsFile.contents() }

    /// Bytes that the ring buffer could hold when that was last read: it can be resized while the agent runs.
    ///
    /// 0 if the kernel does not report it.
    var size: Int { lastSize.load(ordering: .acquiring) }

    /// The same, `nil` if the kernel does not report it.
    var knownSize: Int? { size > 0 ? size : nil }

    /// Reads the size; waits for as long as anybody resizes a ring buffer, which can take seconds.
    func readSize() {
        if let size = Self.size(in: sizeFile) { lastSize.store(size, ordering: .releasing) }
    }

    /// `nil` if it cannot be read: what was known before is then the best guess.
    private static func size(in file: borrowing FileDescriptor) -> Int? {
        (try? file.contents()).flatMap { RingGeometry.ringSize(fromBufferSize: $0) }
    }
}
