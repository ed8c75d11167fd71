import Reactor

/// Reads a header from its beginning to its end, and says where it is cut short.
struct HeaderCursor: ~Copyable {
    let name: String
    private(set) var offset = 0
    var order = ByteOrder.native
    private let file: FileDescriptor
    private let end: Int
    /// The bytes of the file that are at hand, from `windowStart` on.
    private var window: [UInt8] = []
    private var windowStart = 0

    /// What is read at a time: a header has thousands of small fields.
    private static let windowSize = 64 << 10
    /// The line that announces a header has some hundred bytes.
    private static let longestAnswer = 64 << 10
    /// No field that is kept is longer.
    private static let longestField = 1 << 20

    init(_ file: consuming FileDescriptor, name: String) throws(TraceFileError) {
        end = try naming(name) { () throws(SystemError) in try file.size() }
        self.file = file
        self.name = name
    }

    /// Gives the file back.
    consuming func releaseFile() -> FileDescriptor { file }

    /// Skips the line that stands before the header, where both were caught together.
    ///
    /// - Returns: Where the header begins.
    mutating func skipAnswer() throws(TraceFileError) -> Int {
        if end == 0 { throw malformed("empty") }
        guard try bytes(1, "a header") == [UInt8(ascii: "{")] else {
            offset = 0
            return 0
        }
        let answer = try bytes(min(Self.longestAnswer, end - offset), "the answer that it begins with")
        guard let newline = answer.firstIndex(of: UInt8(ascii: "\n")) else {
            throw malformed("no header: it begins with a brace, but with no answer of an agent")
        }
        offset = newline + 2
        return offset
    }

    mutating func bytes(_ count: Int, _ what: String) throws(TraceFileError) -> [UInt8] {
        guard count <= Self.longestField else { throw malformed("\(what) would have \(count) bytes") }
        try need(count, what)
        if offset < windowStart || offset + count > windowStart + window.count {
            window = try naming(name) { () throws(SystemError) in
                try file.read(max(count, min(Self.windowSize, end - offset)), at: offset)
            }
            windowStart = offset
            guard window.count >= count else { throw malformed("it has changed while it was read") }
        }
        let start = offset - windowStart
        offset += count
        return Array(window[start..<start + count])
    }

    mutating func number<Number: FixedWidthInteger>(
        _ type: Number.Type, _ what: String
    ) throws(TraceFileError) -> Number {
        let bytes = try bytes(MemoryLayout<Number>.size, what)
        return bytes.withUnsafeBytes { order.load(type, $0, at: 0) }
    }

    /// A 64-bit size.
    mutating func size(_ what: String) throws(TraceFileError) -> Int {
        Int(clamping: try number(UInt64.self, what))
    }

    /// What stands before the next NUL.
    mutating func string(_ what: String, limit: Int) throws(TraceFileError) -> String {
        var characters: [UInt8] = []
        while true {
            let byte = try bytes(1, what)
            if byte == [0] { return String(decoding: characters, as: UTF8.self) }
            guard (0x21...0x7e).contains(byte[0]) else {
                throw malformed("\(what) is no name, at byte \(offset - 1)")
            }
            characters += byte
            if characters.count > limit { throw malformed("\(what) does not end") }
        }
    }

    mutating func skip(_ count: Int, _ what: String) throws(TraceFileError) {
        try need(count, what)
        offset += count
    }

    mutating func expect(_ mark: [UInt8], as what: String) throws(TraceFileError) {
        let place = offset
        // What is no header at all is often short, too.
        let found = try bytes(min(mark.count, end - offset), what)
        if found == mark { return }
        if mark.starts(with: found) { throw cutShort(what, mark.count - found.count) }
        throw malformed("no header: \(what) should begin at byte \(place)")
    }

    private func need(_ count: Int, _ what: String) throws(TraceFileError) {
        if count > end - offset { throw cutShort(what, count - (end - offset)) }
    }

    private func cutShort(_ what: String, _ missing: Int) -> TraceFileError {
        malformed("cut short in \(what), at byte \(end): \(missing) more bytes should be there")
    }

    private func malformed(_ problem: String) -> TraceFileError { .malformed(file: name, problem: problem) }
}
