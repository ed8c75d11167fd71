import Reactor

/// Reads a trace header from its start to its end, and names the place where it is truncated.
struct HeaderCursor: ~Copyable {
    /// The name of the file in messages.
    let name: String
    /// The byte of the file that is read next.
    private(set) var offset = 0
    var order = ByteOrder.native
    private let file: FileDescriptor
    /// Bytes of the file.
    private let end: Int
    /// Bytes of the file that are in memory, from `windowStart` on.
    private var window: [UInt8] = []
    private var windowStart = 0

    /// Bytes that are read at a time: a header has thousands of small fields.
    private static let windowSize = 64 << 10
    /// Far more bytes than an agent keeps of answers that nobody reads.
    private static let longestAnswers = 4 << 20
    /// More bytes than any field that is kept in memory.
    private static let longestField = 1 << 20

    init(_ file: consuming FileDescriptor, name: String) throws(TraceFileError) {
        end = try naming(name) { () throws(SystemError) in try file.size() }
        self.file = file
        self.name = name
    }

    /// Returns the file.
    consuming func releaseFile() -> FileDescriptor { file }

    /// Skips the agent's lines that were saved together with the header: that which announces it, and earlier answers.
    ///
    /// - Returns: The byte at which the header starts.
    mutating func skipAnswers() throws(TraceFileError) -> Int {
        if end == 0 { throw malformed("empty") }
        while true {
            let start = offset
            switch try bytes(1, "the magic number")[0] {
            case UInt8(ascii: "\n"): continue
            case UInt8(ascii: "{"): try skipLine()
            default:
                offset = start
                return start
            }
        }
    }

    private mutating func skipLine() throws(TraceFileError) {
        while offset < min(end, Self.longestAnswers) {
            let start = offset
            let part = try bytes(min(Self.windowSize, end - start), "the answer line")
            guard let newline = part.firstIndex(of: UInt8(ascii: "\n")) else { continue }
            offset = start + newline + 1
            return
        }
        throw malformed("not a trace header: it starts with a brace, but not with an agent's answer line")
    }

    /// The next `count` bytes.
    ///
    /// - Parameter part: What the bytes are, for the message if they are missing.
    mutating func bytes(_ count: Int, _ part: String) throws(TraceFileError) -> [UInt8] {
        guard count <= Self.longestField else {
            throw malformed("\(count) bytes are too many for \(part), at byte \(offset)")
        }
        try require(count, part)
        if offset < windowStart || offset + count > windowStart + window.count {
            window = try naming(name) { () throws(SystemError) in
                try file.read(max(count, min(Self.windowSize, end - offset)), at: offset)
            }
            windowStart = offset
            guard window.count >= count else { throw malformed("the file changed while it was read") }
        }
        let start = offset - windowStart
        offset += count
        return Array(window[start..<start + count])
    }

    /// The next number, which is in the byte order `order`.
    mutating func number<Number: FixedWidthInteger>(
        _ type: Number.Type, _ part: String
    ) throws(TraceFileError) -> Number {
        let bytes = try bytes(MemoryLayout<Number>.size, part)
        return bytes.withUnsafeBytes { order.load(type, $0, at: 0) }
    }

    /// The next 64-bit size; one that is too large for `Int` gives `Int.max`.
    mutating func size(_ part: String) throws(TraceFileError) -> Int {
        Int(clamping: try number(UInt64.self, part))
    }

    /// The next printable text, up to its NUL.
    ///
    /// - Parameter limit: The most characters that it may have.
    mutating func string(_ part: String, limit: Int) throws(TraceFileError) -> String {
        let start = offset
        let found = try bytes(min(limit + 1, end - start), part)
        let characters = found.prefix { $0 != 0 }
        if let place = characters.firstIndex(where: { !(0x21...0x7e).contains($0) }) {
            throw malformed("\(part) has an invalid character at byte \(start + place)")
        }
        if characters.count > limit {
            throw malformed("\(part) has more than \(limit) characters at byte \(start + limit)")
        }
        if characters.count == found.count { throw truncated(part, 1) }
        offset = start + characters.count + 1
        return String(decoding: characters, as: UTF8.self)
    }

    mutating func skip(_ count: Int, _ part: String) throws(TraceFileError) {
        try require(count, part)
        offset += count
    }

    /// Skips `mark`.
    ///
    /// - Throws: `.malformed` if other bytes are there.
    mutating func expect(_ mark: [UInt8], as part: String) throws(TraceFileError) {
        let place = offset
        // A short file is "truncated" only if its bytes match: often it is not a trace header at all.
        let found = try bytes(min(mark.count, end - offset), part)
        if found == mark { return }
        if mark.starts(with: found) { throw truncated(part, mark.count - found.count) }
        throw malformed("not a trace header: \(part) expected at byte \(place)")
    }

    /// Throws if the file has fewer than `count` more bytes.
    private func require(_ count: Int, _ part: String) throws(TraceFileError) {
        if count > end - offset { throw truncated(part, count - (end - offset)) }
    }

    private func truncated(_ part: String, _ missing: Int) -> TraceFileError {
        malformed("truncated in \(part) at byte \(end): \(missing) more bytes expected")
    }

    private func malformed(_ problem: String) -> TraceFileError { .malformed(file: name, problem: problem) }
}
