/// One event of a sub-buffer, as far as the tests read it.
package struct RingRecord: Equatable, Sendable {
    /// The first word of what was written to `trace_marker_raw`: the CPU that wrote it.
    package let tag: UInt32
    /// The number that follows it.
    package let number: UInt64
}

/// Reads sub-buffers as the kernel lays them out: include/linux/ring_buffer.h, `events/header_event`.
package struct RingPage {
    package let timestamp: UInt64
    /// Bytes of events.
    package let length: Int
    /// Whether events were lost before this page, and how many if the page says so.
    package let missedEvents: Int?
    package var hasMissedEvents: Bool { missedEvents != nil }
    /// Every event of the type asked for.
    package let records: [RingRecord]
    /// How many events there are, whatever their type.
    package let eventCount: Int

    private static let header = 16

    /// - Parameter type: The `ID` in `events/ftrace/raw_data/format`.
    /// - Returns: `nil` if these bytes are no page.
    package init?(_ bytes: UnsafeRawBufferPointer, rawDataType type: UInt16) {
        timestamp = bytes.loadUnaligned(as: UInt64.self)
        let commit = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
        length = Int(commit & 0x3fff_ffff)
        guard length + Self.header <= bytes.count else { return nil }
        if commit & 1 << 31 != 0 {
            let isCounted = commit & 1 << 30 != 0 && Self.header + length + 8 <= bytes.count
            missedEvents =
                isCounted ? bytes.loadUnaligned(fromByteOffset: Self.header + length, as: Int.self) : 0
        } else {
            missedEvents = nil
        }
        var records: [RingRecord] = []
        var count = 0
        var offset = Self.header
        let end = Self.header + length
        while offset + 4 <= end {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
            let (kind, delta) = (word & 0x1f, word >> 5)
            offset += 4
            switch kind {
            case 29:  // padding: to the end of the page, or over a discarded event
                guard delta != 0 else {
                    offset = end
                    break
                }
                offset += Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            case 30, 31:  // time extend, time stamp
                offset += 4
            default:
                var size = Int(kind) * 4
                var data = offset
                if kind == 0 {
                    size = Int(bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                    data += 4
                }
                guard offset + size <= end else { return nil }
                count += 1
                if bytes.loadUnaligned(fromByteOffset: data, as: UInt16.self) == type {
                    records.append(
                        RingRecord(
                            tag: bytes.loadUnaligned(fromByteOffset: data + 8, as: UInt32.self),
                            number: bytes.loadUnaligned(fromByteOffset: data + 12, as: UInt64.self)))
                }
                offset += size
            }
        }
        self.records = records
        eventCount = count
    }
}

/// What a stream of whole pages held.
package struct PageStream {
    package private(set) var pages = 0
    package private(set) var records: [RingRecord] = []
    package private(set) var eventCount = 0
    /// Pages that say that events were lost before them, and the sum of what they say.
    package private(set) var pagesWithLoss = 0
    package private(set) var eventsMissed = 0
    /// What is wrong with it: an odd number of bytes, a page that is none, time that runs backwards.
    package private(set) var flaw: String?

    package init(_ bytes: [UInt8], pageSize: Int = 4096, rawDataType: UInt16, isOneCPU: Bool = true) {
        if bytes.count % pageSize != 0 { flaw = "\(bytes.count) bytes are not whole pages" }
        var last: UInt64 = 0
        bytes.withUnsafeBytes { bytes in
            for start in stride(from: 0, to: bytes.count - bytes.count % pageSize, by: pageSize) {
                let slice = UnsafeRawBufferPointer(rebasing: bytes[start..<start + pageSize])
                guard let page = RingPage(slice, rawDataType: rawDataType) else {
                    flaw = "no page at byte \(start)"
                    return
                }
                if isOneCPU, page.timestamp < last { flaw = "time runs backwards at byte \(start)" }
                last = page.timestamp
                pages += 1
                records += page.records
                eventCount += page.eventCount
                if let missed = page.missedEvents {
                    pagesWithLoss += 1
                    eventsMissed += missed
                }
            }
        }
    }

    /// The numbers that `cpu` wrote, in the order in which they came.
    package func numbers(of cpu: Int) -> [UInt64] {
        records.filter { $0.tag == UInt32(cpu) }.map(\.number)
    }
}
