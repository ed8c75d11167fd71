/// What one sub-buffer contains, as far as it can be read without the formats of its events.
package struct Page: Equatable, Sendable {
    /// The time at which it starts, in units of the trace clock.
    package let timestamp: UInt64
    /// Events in it.
    package let events: Int
    /// Whether events were lost before it.
    package let loss: Loss

    package enum Loss: Equatable, Sendable {
        case none
        /// This number of events was lost.
        case counted(Int)
        /// Events were lost; the page had no room for their number.
        case uncounted
    }

    /// Why bytes are not a sub-buffer.
    package enum Flaw: Error, Equatable, CustomStringConvertible {
        case empty
        case tooLong(bytes: Int, room: Int)
        case eventBeyondEnd(offset: Int)

        package var description: String {
            switch self {
            case .empty: "contains no event"
            case .tooLong(let bytes, let room):
                "claims \(bytes) bytes of events, but has room for \(room)"
            case .eventBeyondEnd(let offset): "has an event at its byte \(offset) that extends beyond its end"
            }
        }
    }

    // Fields of `commit`, the word with the number of bytes of events: kernel/trace/ring_buffer.c.
    private static let lengthMask: UInt64 = 1 << 30 - 1
    private static let missedEvents: UInt64 = 1 << 31
    private static let missedStored: UInt64 = 1 << 30

    /// Counts the events of a sub-buffer: include/linux/ring_buffer.h, `events/header_event`.
    ///
    /// - Parameters:
    ///   - bytes: `layout.pageSize` bytes.
    ///   - types: Gets the types of the events.
    package init(
        _ bytes: UnsafeRawBufferPointer, _ layout: PageLayout, _ types: EventTypes? = nil
    ) throws(Flaw) {
        let order = layout.order
        let commit = Self.long(bytes, at: layout.commitOffset, layout)
        let length = Int(commit & Self.lengthMask)
        if length == 0 { throw .empty }
        if length > layout.capacity { throw .tooLong(bytes: length, room: layout.capacity) }
        let end = layout.dataOffset + length
        var offset = layout.dataOffset
        var events = 0
        while offset < end {
            let start = offset
            guard offset + 4 <= end else { throw .eventBeyondEnd(offset: start) }
            let word = order.load(UInt32.self, bytes, at: offset)
            let (kind, delta) =
                order == .little ? (word & 31, word >> 5) : (word >> 27, word & (1 << 27 - 1))
            offset += 4
            var data = end
            switch kind {
            // Padding: up to the end of the page if the delta is 0, otherwise in place of a discarded event.
            case 29 where delta == 0: offset = end
            case 29: offset += try Self.size(bytes, at: offset, end, of: start, order)
            // A time extend or a time stamp.
            case 30, 31: offset += 4
            // The length follows, and includes its own 4 bytes.
            case 0:
                events += 1
                data = offset + 4
                offset += try Self.size(bytes, at: offset, end, of: start, order)
            default:
                events += 1
                data = offset
                offset += Int(kind) * 4
            }
            if offset > end { throw .eventBeyondEnd(offset: start) }
            // An event begins with its type, whatever its format.
            if let types, data + 2 <= offset { types.insert(order.load(UInt16.self, bytes, at: data)) }
        }
        timestamp = order.load(UInt64.self, bytes, at: layout.timestampOffset)
        self.events = events
        loss = Self.loss(bytes, commit, end, layout)
    }

    private static func loss(
        _ bytes: UnsafeRawBufferPointer, _ commit: UInt64, _ end: Int, _ layout: PageLayout
    ) -> Loss {
        if commit & missedEvents == 0 { return .none }
        guard commit & missedStored != 0, end + layout.longSize <= layout.pageSize else { return .uncounted }
        return .counted(Int(clamping: long(bytes, at: end, layout)))
    }

    private static func long(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ layout: PageLayout) -> UInt64
    {
        if layout.longSize == 8 { return layout.order.load(UInt64.self, bytes, at: offset) }
        return UInt64(layout.order.load(UInt32.self, bytes, at: offset))
    }

    /// The length at `offset`, in bytes: a multiple of 4, and at least 4 because it includes itself.
    private static func size(
        _ bytes: UnsafeRawBufferPointer, at offset: Int, _ end: Int, of start: Int, _ order: ByteOrder
    ) throws(Flaw) -> Int {
        guard offset + 4 <= end else { throw .eventBeyondEnd(offset: start) }
        let size = Int(order.load(UInt32.self, bytes, at: offset))
        guard size >= 4 else { throw .eventBeyondEnd(offset: start) }
        return size
    }
}
