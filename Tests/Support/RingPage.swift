/// A sub-buffer in the layout of the kernel: include/linux/ring_buffer.h, `events/header_event`.
package struct RingPage {
    package let timestamp: UInt64
    /// Bytes of events.
    package let length: Int
    /// How many events were lost before this page: `nil` for none, 0 if the page does not contain their number.
    package let missedEvents: Int?
    package var hasMissedEvents: Bool { missedEvents != nil }
    /// Every event of the type `rawDataType`.
    package private(set) var records: [RingRecord] = []
    /// The number of events of any type.
    package private(set) var eventCount = 0

    private static let header = 16

    /// Reads a sub-buffer.
    ///
    /// - Parameter type: The `ID` in `events/ftrace/raw_data/format`.
    /// - Returns: `nil` if the bytes are not a page.
    package init?(_ bytes: UnsafeRawBufferPointer, rawDataType type: UInt16) {
        timestamp = bytes.loadUnaligned(as: UInt64.self)
        let commit = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        length = Int(commit & 0x3fff_ffff)
        let end = Self.header + length
        guard end <= bytes.count else { return nil }
        if commit & 1 << 31 != 0 {
            let isCounted = commit & 1 << 30 != 0 && end + 8 <= bytes.count
            missedEvents = isCounted ? bytes.loadUnaligned(fromByteOffset: end, as: Int.self) : 0
        } else {
            missedEvents = nil
        }
        var offset = Self.header
        while offset + 4 <= end {
            guard let next = readEvent(bytes, at: offset, end: end, rawDataType: type) else { return nil }
            offset = next
        }
    }

    /// Reads the event at `offset`.
    ///
    /// - Returns: The offset of the next event; `nil` if this one extends beyond `end`.
    private mutating func readEvent(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, end: Int, rawDataType type: UInt16
    ) -> Int? {
        let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
        let (kind, delta) = (word & 0x1f, word >> 5)
        var data = offset + 4
        let next: Int
        switch kind {
        case 29 where delta == 0:  // padding up to the end of the page
            return end
        case 29:  // padding in place of a discarded event
            return data + Int(bytes.loadUnaligned(fromByteOffset: data, as: UInt32.self))
        case 30, 31:  // a time extend or a time stamp
            return data + 4
        case 0:  // the length follows, and includes its own 4 bytes
            next = data + Int(bytes.loadUnaligned(fromByteOffset: data, as: UInt32.self))
            data += 4
        default:
            next = data + Int(kind) * 4
        }
        guard next <= end else { return nil }
        eventCount += 1
        if bytes.loadUnaligned(fromByteOffset: data, as: UInt16.self) == type {
            records.append(
                RingRecord(
                    tag: bytes.loadUnaligned(fromByteOffset: data + 8, as: UInt32.self),
                    number: bytes.loadUnaligned(fromByteOffset: data + 12, as: UInt64.self)))
        }
        return next
    }
}
