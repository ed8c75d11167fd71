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
        var cursor = try EventCursor(bytes, layout)
        var events = 0
        while let event = try cursor.next() {
            events += 1
            // An event begins with its type, whatever its format.
            if let types, event.count >= 2 {
                types.insert(layout.order.load(UInt16.self, bytes, at: event.lowerBound))
            }
        }
        timestamp = layout.order.load(UInt64.self, bytes, at: layout.timestampOffset)
        self.events = events
        loss = cursor.loss
    }

    /// Bytes of events in a sub-buffer.
    static func length(
        _ bytes: UnsafeRawBufferPointer, _ layout: PageLayout
    ) throws(Flaw) -> Int {
        let length = Int(long(bytes, at: layout.commitOffset, layout) & lengthMask)
        if length == 0 { throw .empty }
        if length > layout.capacity { throw .tooLong(bytes: length, room: layout.capacity) }
        return length
    }

    /// - Parameter end: Where the events end.
    static func loss(
        _ bytes: UnsafeRawBufferPointer, after end: Int, _ layout: PageLayout
    ) -> Loss {
        let commit = long(bytes, at: layout.commitOffset, layout)
        if commit & missedEvents == 0 { return .none }
        guard commit & missedStored != 0, end + layout.longSize <= layout.pageSize else { return .uncounted }
        return .counted(Int(clamping: long(bytes, at: end, layout)))
    }

    private static func long(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ layout: PageLayout) -> UInt64
    {
        if layout.longSize == 8 { return layout.order.load(UInt64.self, bytes, at: offset) }
        return UInt64(layout.order.load(UInt32.self, bytes, at: offset))
    }
}
