import Reactor

/// One CPU's ring buffer: the files of tracefs that say what it holds.
///
/// All are opened before privileges are dropped and stay open: a path could not be opened again, and closing any
/// duplicate of `trace_pipe_raw` ends its reader for good on newer kernels.
final class Ring: Sendable {
    let cpu: Int
    /// `trace_pipe_raw`, non-blocking: a splice(2) that blocks is not woken when tracing stops.
    let descriptor: FileDescriptor
    private let statsFile: FileDescriptor
    private let sizeFile: FileDescriptor

    init(cpu: Int, in tracefs: Tracefs) throws(Failure) {
        let descriptor = try tracefs.open("per_cpu/cpu\(cpu)/trace_pipe_raw", [.readOnly, .nonBlocking])
        let stats = try tracefs.open("per_cpu/cpu\(cpu)/stats", .readOnly)
        let size = try tracefs.open("per_cpu/cpu\(cpu)/buffer_size_kb", .readOnly)
        self.cpu = cpu
        self.descriptor = descriptor
        statsFile = stats
        sizeFile = size
    }

    /// The kernel's account, now.
    func stats() throws(SystemError) -> RingStats { RingStats(parsing: try statsText()) }

    /// The same in the kernel's words.
    func statsText() throws(SystemError) -> String { try statsFile.contents() }

    /// Bytes that the ring can hold now: it can be resized while the agent runs.
    ///
    /// 0 if the kernel does not say.
    func size() throws(SystemError) -> Int {
        RingGeometry.ringSize(fromBufferSize: try sizeFile.contents()) ?? 0
    }
}
