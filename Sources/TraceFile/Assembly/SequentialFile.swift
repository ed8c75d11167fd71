import Reactor

/// A file that is written from its start to its end.
struct SequentialFile {
    private let file: NamedFile
    /// The byte of the file that is written next.
    private(set) var end = 0

    /// Bytes of one copy: few enough to report progress, and to check for a cancellation, between two copies.
    private static let copySize = 64 << 20

    /// Starts at the first byte of `file`, which is empty.
    init(_ file: NamedFile) { self.file = file }

    mutating func add(_ bytes: [UInt8]) throws(TraceFileError) {
        try overwrite(bytes, at: end)
        end += bytes.count
    }

    /// Adds bytes of another file; the kernel copies them.
    ///
    /// - Parameter progress: Called with the number of bytes that were copied since the last call.
    mutating func copy(
        _ range: Range<Int>, of source: borrowing FileDescriptor, named name: String,
        progress: Assembly.Progress = { _ in }
    ) throws(TraceFileError) {
        var copied = 0
        while copied < range.count {
            let more = try naming(file.name) { () throws(SystemError) in
                try source.copy(
                    min(Self.copySize, range.count - copied), from: range.lowerBound + copied,
                    to: file.descriptor, at: end + copied)
            }
            if more == 0 { throw Self.shortened(name) }
            copied += more
            try progress(more)
        }
        end += copied
    }

    /// Leaves a gap up to the next multiple of `size`; it reads as zeros.
    mutating func align(to size: Int) { skip((end + size - 1) / size * size - end) }

    /// Leaves a gap of `count` bytes.
    mutating func skip(_ count: Int) { end += count }

    /// Writes bytes whose value was not known when they were added or skipped.
    func overwrite(_ bytes: [UInt8], at place: Int) throws(TraceFileError) {
        try naming(file.name) { () throws(SystemError) in try file.descriptor.write(bytes, at: place) }
    }

    /// Makes a gap at the end a part of the file.
    func finish() throws(TraceFileError) {
        try naming(file.name) { () throws(SystemError) in try file.descriptor.truncate(to: end) }
    }

    /// The error of a source that ends too early.
    static func shortened(_ name: String) -> TraceFileError {
        .malformed(file: name, problem: "the file became shorter while it was read")
    }
}
