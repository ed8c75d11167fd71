import Reactor

/// Bytes of a trace.dat that are in memory, read from their start to their end.
struct Section {
    private let name: String
    private var rest: ArraySlice<UInt8>
    var order: ByteOrder

    init(_ bytes: [UInt8], _ name: String, _ order: ByteOrder) {
        self.name = name
        rest = bytes[...]
        self.order = order
    }

    /// Reads the bytes at `place`, at most `count`.
    init(_ file: NamedFile, at place: Int, ofBytes count: Int) throws(TraceFileError) {
        let bytes = try naming(file.name) { () throws(SystemError) in
            try file.descriptor.read(count, at: place)
        }
        self.init(bytes, file.name, .native)
    }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func bytes(_ count: Int) throws(TraceFileError) -> [UInt8] {
        guard rest.count >= count else { throw .malformed(file: name, problem: "truncated") }
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }

    mutating func number<Number: FixedWidthInteger>() throws(TraceFileError) -> Number {
        let bytes = try bytes(MemoryLayout<Number>.size)
        return bytes.withUnsafeBytes { order.load(Number.self, $0, at: 0) }
    }

    /// The next 64-bit size; one that is too large for `Int` gives `Int.max`.
    mutating func size() throws(TraceFileError) -> Int { Int(clamping: try number() as UInt64) }

    /// The next text, up to its NUL.
    mutating func text() throws(TraceFileError) -> String {
        let bytes = try bytes(rest.prefix { $0 != 0 }.count + 1)
        return String(decoding: bytes.dropLast(), as: UTF8.self)
    }
}
