import Reactor

/// Moves pages to a sink that splice(2) refuses with `EINVAL`, such as `/dev/full` and files of some file systems.
struct Copier: ~Copyable {
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 4096)
    /// What was read from the pipe and is not written yet.
    private var waiting = 0..<0

    deinit { buffer.deallocate() }

    /// Moves some bytes from `pipe`, which holds some, to `sink`.
    ///
    /// - Returns: Bytes that the sink has accepted; `nil` if it accepts none now.
    mutating func move(
        from pipe: borrowing FileDescriptor, to sink: borrowing FileDescriptor
    ) throws(SystemError) -> Int? {
        if waiting.isEmpty { waiting = 0..<(try pipe.read(into: buffer) ?? 0) }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[waiting])
        guard let written = try sink.write(bytes) else { return nil }
        // A file that accepts nothing, and does not say why.
        if written == 0 { throw SystemError(call: "write", subject: "", code: .inputOutput) }
        waiting = waiting.lowerBound + written..<waiting.upperBound
        return written
    }
}
