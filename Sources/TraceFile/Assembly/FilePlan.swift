/// The pieces of a file that is assembled, and their places in it.
struct FilePlan {
    /// The source of a piece.
    enum Content {
        case bytes([UInt8])
        /// These bytes of the trace header's file.
        case header(Range<Int>)
        /// These bytes of the stream with this index.
        case stream(Int, Range<Int>)
    }

    private(set) var pieces: [(place: Int, content: Content)] = []
    /// The place of the next piece: the byte of the file at which it starts.
    private(set) var end = 0

    mutating func add(_ bytes: [UInt8]) { add(.bytes(bytes), bytes.count) }

    mutating func add(header range: Range<Int>) { add(.header(range), range.count) }

    mutating func add(stream index: Int, _ part: StreamPart) {
        for range in part.places { add(.stream(index, range), range.count) }
    }

    /// Overwrites the bytes at `place`, whose value was not known when they were added.
    mutating func add(_ bytes: [UInt8], at place: Int) { pieces.append((place, .bytes(bytes))) }

    /// Continues at `place`.
    mutating func skip(to place: Int) { end = place }

    /// Adds the pieces of a plan that starts at the end of this one.
    mutating func append(_ other: FilePlan) {
        pieces += other.pieces
        end = other.end
    }

    /// Leaves a gap up to the next multiple of `size`; it reads as zeros.
    mutating func align(to size: Int) { end = (end + size - 1) / size * size }

    private mutating func add(_ content: Content, _ count: Int) {
        pieces.append((end, content))
        end += count
    }
}
