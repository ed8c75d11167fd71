import CommandSupport
import Reactor
import Synchronization
import TraceFile

/// One CPU's ring buffer: the files of tracefs that give its pages, counters and size.
///
/// All are opened before privileges are dropped, because a path could not be opened again. `trace_pipe_raw` can be
/// released while no page moves, and opened again: see `RingOpener`. It is never duplicated, because closing a duplicate
/// ends its reader for good on newer kernels.
final class Ring: Sendable {
    let cpu: Int
    /// Behind a lock, because no atomic holds a counted reference, and no file may be closed while a thread uses it.
    ///
    /// A worker takes it once a job, not once a page.
    private let pages: Mutex<Pages>
    private let statsFile: FileDescriptor
    private let sizeFile: FileDescriptor
    private let lastSize: Atomic<Int>
    /// Negative: the agent has not streamed.
    private let lastReadAtStart = Atomic<Int>(-1)

    /// Whether `trace_pipe_raw` is open; non-blocking: a splice(2) that blocks is not woken when tracing stops.
    private enum Pages: Sendable {
        case open(NamedFile)
        /// Nobody is kept from changing `current_tracer`.
        case released
        case failed(Errno)
    }

    /// - Parameters:
    ///   - pages: Gives pages to splice(2) and read(2).
    ///   - stats: In the format of `per_cpu/cpuN/stats`.
    ///   - size: In the format of `per_cpu/cpuN/buffer_size_kb`.
    init(
        cpu: Int, pages: consuming FileDescriptor, stats: consuming FileDescriptor,
        size: consuming FileDescriptor
    ) {
        self.cpu = cpu
        self.pages = Mutex(.open(NamedFile(pages, name: Self.pagesName(cpu: cpu))))
        statsFile = stats
        lastSize = Atomic(Self.size(in: size) ?? 0)
        sizeFile = size
    }

    /// Opens the files of `cpu`.
    convenience init(cpu: Int, in tracefs: Tracefs) throws(Failure) {
        let pages = try tracefs.open("per_cpu/\(Self.pagesName(cpu: cpu))", Self.pagesMode)
        let stats = try tracefs.open("per_cpu/cpu\(cpu)/stats", .readOnly)
        let size = try tracefs.open("per_cpu/cpu\(cpu)/buffer_size_kb", .readOnly)
        self.init(cpu: cpu, pages: pages, stats: stats, size: size)
    }

    private static let pagesMode: FileDescriptor.Mode = [.readOnly, .nonBlocking]

    private static func pagesName(cpu: Int) -> String { "cpu\(cpu)/trace_pipe_raw" }

    /// `trace_pipe_raw`; `nil` while it is not open.
    ///
    /// Whoever holds on to it keeps it open.
    var pageFile: NamedFile? {
        pages.withLock { if case .open(let file) = $0 { file } else { nil } }
    }

    /// Why it could not be opened again, `nil` if it could, or was not tried.
    var openError: Errno? {
        pages.withLock { if case .failed(let code) = $0 { code } else { nil } }
    }

    /// Closes `trace_pipe_raw`; what the ring buffer holds stays in it.
    ///
    /// Waits for the kernel's lock of all trace files.
    func releasePages() {
        let before = pages.withLock { pages in
            defer { pages = .released }
            return pages
        }
        // Closed here, not under the lock.
        _ = consume before
    }

    /// Opens `trace_pipe_raw` again, if it is not open.
    ///
    /// Waits for the kernel's lock of all trace files.
    ///
    /// - Parameter folder: `per_cpu` of the instance.
    func openPages(in folder: NamedFile) {
        if pageFile != nil { return }
        do throws(SystemError) {
            let file = try newPageFile(in: folder)
            pages.withLock { $0 = .open(file) }
        } catch {
            pages.withLock { $0 = .failed(error.code) }
        }
    }

    /// Another open `trace_pipe_raw`, which has nothing to do with the one that is held.
    func newPageFile(in folder: NamedFile) throws(SystemError) -> NamedFile {
        let name = Self.pagesName(cpu: cpu)
        return NamedFile(try folder.descriptor.open(name, Self.pagesMode), name: name)
    }

    /// The kernel's counters as they are now.
    func stats() throws(SystemError) -> RingStats { RingStats(parsing: try statsText()) }

    /// The same as text.
    func statsText() throws(SystemError) -> String { try statsFile.contents() }

    /// Events that had been read when the agent last began to stream; `nil` if it did not.
    var readAtStart: Int? {
        let read = lastReadAtStart.load(ordering: .acquiring)
        return read < 0 ? nil : read
    }

    /// The agent begins to stream.
    func noteStart(read: Int) { lastReadAtStart.store(read, ordering: .releasing) }

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
