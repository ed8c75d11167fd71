/// Goes from event to event of a sub-buffer: include/linux/ring_buffer.h, `events/header_event`.
package struct EventCursor {
    private let bytes: UnsafeRawBufferPointer
    private let order: ByteOrder
    private var offset: Int
    /// The byte behind the last event.
    let end: Int
    /// Whether events were lost before the page.
    package let loss: Page.Loss
    /// The time of the last event, in units of the trace clock.
    package private(set) var time: UInt64

    // An absolute time stamp has 59 bits: the others are those of the time before it.
    private static let stampBits: UInt64 = 59
    private static let deltaBits: UInt64 = 27

    /// Starts before the first event.
    ///
    /// - Parameter bytes: `layout.pageSize` bytes, which must stay where they are.
    package init(_ bytes: UnsafeRawBufferPointer, _ layout: PageLayout) throws(Page.Flaw) {
        self.bytes = bytes
        order = layout.order
        offset = layout.dataOffset
        end = layout.dataOffset + (try Page.length(bytes, layout))
        loss = Page.loss(bytes, after: end, layout)
        time = layout.order.load(UInt64.self, bytes, at: layout.timestampOffset)
    }

    /// Where the next event is in the page; `nil` if there is none.
    @inline(__always)
    package mutating func next() throws(Page.Flaw) -> Range<Int>? {
        while offset < end {
            let start = offset
            guard offset + 4 <= end else { throw .eventBeyondEnd(offset: start) }
            let word = order.load(UInt32.self, bytes, at: offset)
            let (kind, delta) =
                order == .little ? (word & 31, word >> 5) : (word >> 27, word & (1 << 27 - 1))
            offset += 4
            var data: Int?
            switch kind {
            // Padding: up to the end of the page if the delta is 0, otherwise in place of a discarded event.
            case 29 where delta == 0: offset = end
            case 29: offset += try size(of: start)
            case 30, 31:
                guard offset + 4 <= end else { throw .eventBeyondEnd(offset: start) }
                let high = UInt64(order.load(UInt32.self, bytes, at: offset)) << Self.deltaBits
                if kind == 30 { time &+= high } else { setTime(high | UInt64(delta)) }
                offset += 4
            // The length follows, and includes its own 4 bytes.
            case 0:
                data = offset + 4
                offset += try size(of: start)
            default:
                data = offset
                offset += Int(kind) * 4
            }
            if offset > end { throw .eventBeyondEnd(offset: start) }
            if kind != 31 { time &+= UInt64(delta) }
            if let data { return data..<offset }
        }
        return nil
    }

    private mutating func setTime(_ stamp: UInt64) {
        let low: UInt64 = 1 << Self.stampBits - 1
        var next = time & ~low | stamp & low
        if next < time, time > low { next &+= low &+ 1 }
        time = next
    }

    /// The length at `offset`, in bytes: at least 4 because it includes itself.
    private func size(of start: Int) throws(Page.Flaw) -> Int {
        guard offset + 4 <= end else { throw .eventBeyondEnd(offset: start) }
        let size = Int(order.load(UInt32.self, bytes, at: offset))
        guard size >= 4 else { throw .eventBeyondEnd(offset: start) }
        // Events are aligned to 4 bytes.
        return (size + 3) / 4 * 4
    }
}
