/// The parts of a 64-bit little-endian ELF file that show how a program was linked: elf(5).
struct ELFFile {
    struct Segment {
        let type: UInt32
        let flags: UInt32
        let content: Range<Int>
    }

    struct Note: Equatable {
        let owner: String
        let type: UInt32
        let value: [UInt8]
    }

    enum Malformed: Error { case notELF64LittleEndian, truncated }

    private let bytes: [UInt8]
    /// `e_type`: 2 is a program at a fixed address, 3 is position-independent.
    let type: UInt16
    let segments: [Segment]

    init(_ bytes: [UInt8]) throws(Malformed) {
        guard bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]), bytes.count >= 64 else {
            throw .notELF64LittleEndian
        }
        self.bytes = bytes
        type = try Self.number(bytes, at: 16)
        let table = Int(try Self.number(bytes, at: 32) as UInt64)
        let size = Int(try Self.number(bytes, at: 54) as UInt16)
        let count = Int(try Self.number(bytes, at: 56) as UInt16)
        var segments: [Segment] = []
        for start in (0..<count).map({ table + $0 * size }) {
            let offset = Int(try Self.number(bytes, at: start + 8) as UInt64)
            let length = Int(try Self.number(bytes, at: start + 32) as UInt64)
            guard offset + length <= bytes.count else { throw .truncated }
            segments.append(
                Segment(
                    type: try Self.number(bytes, at: start), flags: try Self.number(bytes, at: start + 4),
                    content: offset..<offset + length))
        }
        self.segments = segments
    }

    /// The entries of the dynamic section by tag; of a tag that occurs several times, the last one.
    func dynamicEntries() throws(Malformed) -> [Int64: UInt64] {
        var entries: [Int64: UInt64] = [:]
        for segment in segments where segment.type == SegmentType.dynamic {
            for offset in stride(from: segment.content.lowerBound, to: segment.content.upperBound, by: 16) {
                entries[try Self.number(bytes, at: offset)] = try Self.number(bytes, at: offset + 8)
            }
        }
        return entries
    }

    /// The notes of the segments whose notes are aligned to 4 bytes.
    func notes() throws(Malformed) -> [Note] {
        var notes: [Note] = []
        for segment in segments where segment.type == SegmentType.note {
            var offset = segment.content.lowerBound
            while offset + 12 <= segment.content.upperBound {
                let nameSize = Int(try Self.number(bytes, at: offset) as UInt32)
                let valueSize = Int(try Self.number(bytes, at: offset + 4) as UInt32)
                let name = offset + 12
                let value = name + (nameSize + 3) / 4 * 4
                guard value + valueSize <= bytes.count else { throw .truncated }
                notes.append(
                    Note(
                        owner: String(decoding: bytes[name..<name + max(nameSize - 1, 0)], as: UTF8.self),
                        type: try Self.number(bytes, at: offset + 8),
                        value: Array(bytes[value..<value + valueSize])))
                offset = value + (valueSize + 3) / 4 * 4
            }
        }
        return notes
    }

    private static func number<Number: FixedWidthInteger>(
        _ bytes: [UInt8], at offset: Int
    ) throws(Malformed) -> Number {
        guard offset >= 0, offset + MemoryLayout<Number>.size <= bytes.count else { throw .truncated }
        let number = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
        return Number(littleEndian: number)
    }
}

/// `p_type`, as elf.h spells it: `PT_DYNAMIC`, `PT_NOTE`, `PT_GNU_STACK`, `PT_GNU_RELRO`.
enum SegmentType {
    static let dynamic: UInt32 = 2
    static let note: UInt32 = 4
    static let stack: UInt32 = 0x6474_e551
    static let readOnlyAfterRelocation: UInt32 = 0x6474_e552
}

/// `p_flags`, as elf.h spells it: `PF_X`, `PF_W`.
enum SegmentFlags {
    static let executable: UInt32 = 1
    static let writable: UInt32 = 2
}

/// `d_tag`, as elf.h spells it: `DT_RPATH`, `DT_RUNPATH`, `DT_FLAGS`, `DT_FLAGS_1`.
enum DynamicTag {
    static let rpath: Int64 = 15
    static let runpath: Int64 = 29
    static let flags: Int64 = 30
    static let flags1: Int64 = 0x6fff_fffb
}
