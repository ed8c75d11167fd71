import CommandSupport

/// How large the parts of a ring buffer are.
enum RingGeometry {
    /// Bytes of one CPU's ring buffer, from `buffer_size_kb`: `1408`, or `7 (expanded: 1408)` before its first use.
    static func ringSize(fromBufferSize text: String) -> Int? {
        let numbers = text.split(whereSeparator: { !$0.isASCIIDigit }).compactMap { Int($0) }
        return numbers.max().map { $0 << 10 }
    }

    /// The most sub-buffers that a ring buffer of `bytes` can hold, the reader's and the writer's included.
    static func pages(inRingOf bytes: Int, pageSize: Int) -> Int {
        bytes / (pageSize - 16) + 3
    }

    /// How full a ring buffer has to be before poll(2) reports it, in percent for `buffer_percent`: 1 to 100.
    ///
    /// A small ring buffer is reported early, because it overflows soon; a large one late, because each report costs
    /// two wake-ups. Never less than two sub-buffers: splice(2) moves full ones only. Never 0: poll(2) would then
    /// report what splice(2) cannot move, and the loop would spin.
    static func bufferPercent(ringOf bytes: Int, pageSize: Int) -> Int {
        let pages = max(1, bytes / pageSize)
        let twoPages = min(100, (200 + pages - 1) / pages)
        let early = bytes < 2 << 20 ? 10 : bytes < 16 << 20 ? 25 : 50
        return max(early, twoPages)
    }
}
