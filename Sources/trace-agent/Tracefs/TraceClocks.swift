/// The clocks that the kernel offers for timestamps: `trace_clock`.
struct TraceClocks {
    let offered: [String]
    /// The one in brackets; `nil` if none is.
    let current: String?

    init(_ text: String) {
        let words = text.split(whereSeparator: \.isWhitespace)
        let names = words.map { String($0.filter { $0 != "[" && $0 != "]" }) }
        current = words.firstIndex { $0.hasPrefix("[") }.map { names[$0] }
        offered = names
    }
}
