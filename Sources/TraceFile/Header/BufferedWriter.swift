import Reactor

/// Writes a file from its start to its end in large pieces, with numbers in this machine's byte order.
struct BufferedWriter {
    private let file: NamedFile
    private let limit: Int
    private let isCancelled: () -> Bool
    /// Bytes that are not written yet; the first belongs at `written`.
    private var pending: [UInt8] = []
    private var written = 0

    /// Bytes from which on a write is worth its system call.
    private static let large = 64 << 10

    /// Starts at the first byte of `file`.
    ///
    /// - Parameters:
    ///   - limit: The most bytes that the file may have.
    ///   - isCancelled: Called before each write; `true` ends the work with `.cancelled`.
    init(_ file: NamedFile, limit: Int, isCancelled: @escaping () -> Bool) {
        self.file = file
        self.limit = limit
        self.isCancelled = isCancelled
    }

    /// The place of the next byte in the file.
    var end: Int { written + pending.count }

    mutating func add(raw bytes: [UInt8]) { pending += bytes }

    mutating func add(_ number: some FixedWidthInteger) { pending += ByteOrder.native.bytes(number) }

    /// Adds a text and a NUL.
    mutating func add(_ text: String) {
        pending += text.utf8
        pending.append(0)
    }

    /// Adds an option of a trace.dat.
    mutating func add(_ option: UInt16, _ data: [UInt8]) {
        add(option)
        add(UInt32(data.count))
        pending += data
    }

    /// Adds an option of a trace.dat that is a text and a NUL.
    mutating func add(_ option: UInt16, _ text: String) { add(option, Array(text.utf8) + [0]) }

    /// Discards everything from `place` on, written or not; everything before `place` must be written.
    mutating func rewind(to place: Int) {
        pending.removeAll()
        written = place
    }

    /// Overwrites a number at `place`.
    mutating func patch(_ number: UInt32, at place: Int) throws(TraceFileError) {
        let bytes = ByteOrder.native.bytes(number)
        if place >= written {
            pending.replaceSubrange(place - written..<place - written + bytes.count, with: bytes)
        } else {
            try flush()
            try withFile { file throws(SystemError) in try file.write(bytes, at: place) }
        }
    }

    /// Writes the pending bytes if there are enough of them.
    mutating func flushIfLarge() throws(TraceFileError) {
        if pending.count >= Self.large { try flush() }
    }

    /// Writes the pending bytes.
    ///
    /// - Throws: `.cancelled`, or `.tooLarge` beyond the limit.
    mutating func flush() throws(TraceFileError) {
        if isCancelled() { throw .cancelled }
        if end > limit { throw .tooLarge(limit: limit) }
        let (bytes, place) = (pending, written)
        try withFile { file throws(SystemError) in try file.write(bytes, at: place) }
        written = end
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes the pending bytes, and truncates the file after them: it can have had a longer content before.
    ///
    /// - Returns: Bytes of the file.
    mutating func finish() throws(TraceFileError) -> Int {
        try flush()
        let size = written
        try withFile { file throws(SystemError) in try file.truncate(to: size) }
        return size
    }

    private func withFile(
        _ body: (borrowing FileDescriptor) throws(SystemError) -> Void
    ) throws(TraceFileError) {
        try naming(file.name) { () throws(SystemError) in try body(file.descriptor) }
    }
}
