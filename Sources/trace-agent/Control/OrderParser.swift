/// Turns the bytes that a host sends into orders, however they are split or joined on the way.
///
/// Orders are lines. Blanks around them and a CR are ignored, and so are empty lines. A line of nothing but `1`
/// and `0` is one order a digit, as hosts that write no newline produce it.
struct OrderParser: Sendable {
    /// The longest line in bytes; the rest of a longer one is skipped up to its newline.
    static let longestLine = 256
    /// How much of a refused line is kept to be shown.
    private static let shown = 64

    private var line: [UInt8] = []
    private var isSkipping = false

    /// Takes in more bytes; what has no newline yet waits for the next call.
    mutating func parse(_ bytes: some Sequence<UInt8>) -> [Order] {
        var orders: [Order] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if !line.isEmpty { orders += takeLine() }
                isSkipping = false
            } else if !isSkipping {
                line.append(byte)
                if line.count > Self.longestLine {
                    orders += takeLine()
                    isSkipping = true
                }
            }
        }
        return orders
    }

    /// Nothing more is there to read: digits that wait for a newline are orders as they stand.
    mutating func pause() -> [Order] {
        guard !isSkipping, Self.digits(in: line) != nil else { return [] }
        return takeLine()
    }

    /// Forgets an unfinished line: its sender is gone.
    mutating func reset() {
        line.removeAll(keepingCapacity: true)
        isSkipping = false
    }

    private mutating func takeLine() -> [Order] {
        defer { line.removeAll(keepingCapacity: true) }
        if line.count > Self.longestLine { return [.unknown(Array(line.prefix(Self.shown)))] }
        if let orders = Self.digits(in: line) { return orders }
        let word = line.trimmingBlanks()
        switch word {
        case []: return []
        case Array("start".utf8)[...]: return [.start(answered: true)]
        case Array("stop".utf8)[...]: return [.stop(answered: true)]
        case Array("dump".utf8)[...]: return [.dump]
        case Array("status".utf8)[...]: return [.status]
        case Array("metadata".utf8)[...]: return [.metadata]
        default: return [.unknown(Array(word.prefix(Self.shown)))]
        }
    }

    /// The orders of a line that holds digits and blanks only, and at least one digit.
    private static func digits(in line: [UInt8]) -> [Order]? {
        var orders: [Order] = []
        for byte in line {
            switch byte {
            case UInt8(ascii: "1"): orders.append(.start(answered: false))
            case UInt8(ascii: "0"): orders.append(.stop(answered: false))
            default: if !byte.isBlank { return nil }
            }
        }
        return orders.isEmpty ? nil : orders
    }
}

extension UInt8 {
    fileprivate var isBlank: Bool {
        self == UInt8(ascii: " ") || self == UInt8(ascii: "\t") || self == UInt8(ascii: "\r")
    }
}

extension [UInt8] {
    fileprivate func trimmingBlanks() -> ArraySlice<UInt8> {
        let start = drop(while: \.isBlank)
        guard let end = start.lastIndex(where: { !$0.isBlank }) else { return [] }
        return start[...end]
    }
}
