import Reactor

/// A file that is written from its beginning to its end, in large pieces, in this machine's byte order.
struct BufferedWriter {
    private let file: NamedFile
    private let limit: Int
    private let isCancelled: () -> Bool
    /// What has not been written yet, which belongs at `written`.
    private var pending: [UInt8] = []
    private var written = 0

    private static let large = 64 << 10

    /// - Parameters:
    ///   - limit: The most bytes that it may have.
    ///   - isCancelled: Asked before each write whether to leave it.
    init(_ file: NamedFile, limit: Int, isCancelled: @escaping () -> Bool) {
        self.file = file
        self.limit = limit
        self.isCancelled = isCancelled
    }

    /// Where the next byte goes.
    var end: Int { written + pending.count }

    mutating func add(raw bytes: [UInt8]) { pending += bytes }

    mutating func add(_ number: some FixedWidthInteger) { pending += ByteOrder.native.bytes(number) }

    /// Adds a text and the NUL that ends it.
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

    mutating func add(_ option: UInt16, _ text: String) { add(option, Array(text.utf8) + [0]) }

    /// Takes back what was added since the end was at `place`, and has not been written.
    mutating func forget(from place: Int) { pending.removeLast(end - place) }

    /// Takes back all that was written since the end was at `place`.
    mutating func goBack(to place: Int) {
        pending.removeAll()
        written = place
    }

    /// Writes a number over what stands at `place`.
    mutating func patch(_ number: UInt32, at place: Int) throws(TraceFileError) {
        let bytes = ByteOrder.native.bytes(number)
        if place >= written {
            pending.replaceSubrange(place - written..<place - written + bytes.count, with: bytes)
        } else {
            try flush()
            try act { file throws(SystemError) in try file.write(bytes, at: place) }
        }
    }

    mutating func flushIfLarge() throws(TraceFileError) {
        if pending.count >= Self.large { try flush() }
    }

    mutating func flush() throws(TraceFileError) {
        if isCancelled() { throw .cancelled }
        if end > limit { throw .tooLarge(limit: limit) }
        let (bytes, place) = (pending, written)
        try act { file throws(SystemError) in try file.write(bytes, at: place) }
        written = end
        pending.removeAll(keepingCapacity: true)
    }

    /// Writes what is left, and cuts off what was there before.
    ///
    /// - Returns: Bytes of the file.
    mutating func finish() throws(TraceFileError) -> Int {
        try flush()
        let size = written
        try act { file throws(SystemError) in try file.truncate(to: size) }
        return size
    }

    private func act(
        _ body: (borrowing FileDescriptor) throws(SystemError) -> Void
    ) throws(TraceFileError) {
        try naming(file.name) { () throws(SystemError) in try body(file.descriptor) }
    }
}
