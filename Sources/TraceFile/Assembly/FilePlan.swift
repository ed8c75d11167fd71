/// What goes where in a file that is assembled, from its beginning to its end.
struct FilePlan {
    /// What stands at a place.
    enum Content {
        case bytes([UInt8])
        /// These bytes of the header's file.
        case header(Range<Int>)
        /// The first `bytes` of a stream.
        case stream(Int, bytes: Int)
    }

    private(set) var pieces: [(place: Int, content: Content)] = []
    /// Where the next piece goes.
    private(set) var end = 0

    mutating func add(_ bytes: [UInt8]) { add(.bytes(bytes), bytes.count) }

    mutating func add(header range: Range<Int>) { add(.header(range), range.count) }

    mutating func add(stream index: Int, bytes: Int) { add(.stream(index, bytes: bytes), bytes) }

    /// Writes over what is behind: a place that was not known before.
    mutating func add(_ bytes: [UInt8], at place: Int) { pieces.append((place, .bytes(bytes))) }

    /// Goes on at `place`.
    mutating func skip(to place: Int) { end = place }

    /// Adds what was planned for the places from here on.
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
