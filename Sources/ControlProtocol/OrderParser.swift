/// Turns a stream of bytes into orders, however the bytes are split or joined on the way.
///
/// Orders are lines. Blanks around a line and a CR are ignored, and so are empty lines. A line of nothing but `1`
/// and `0` is one order a digit: hosts that write no newline produce such lines. Equal digits in a row are one order.
package struct OrderParser: Sendable {
    /// The longest line in bytes; the rest of a longer one is skipped up to its newline.
    package static let longestLine = 256
    /// How many bytes of a refused line are kept for the log.
    private static let loggedBytes = 64

    private var line: [UInt8] = []
    private var isSkipping = false

    package init() {}

    /// Parses more bytes; a line without its newline waits for the next call.
    package mutating func parse(_ bytes: UnsafeRawBufferPointer) -> [Order] {
        var orders: [Order] = []
        for byte in bytes {
            if byte == UInt8(ascii: "\n") {
                if !line.isEmpty { orders.add(finishLine()) }
                isSkipping = false
            } else if !isSkipping {
                line.append(byte)
                if line.count > Self.longestLine {
                    orders.add(finishLine())
                    isSkipping = true
                }
            }
        }
        return orders
    }

    /// The same from an array.
    package mutating func parse(_ bytes: [UInt8]) -> [Order] { bytes.withUnsafeBytes { parse($0) } }

    /// Ends a read: with nothing more to read, digits that wait for a newline are orders as they stand.
    package mutating func endOfRead() -> [Order] {
        guard !isSkipping, Self.digits(in: line) != nil else { return [] }
        return finishLine()
    }

    /// Drops an unfinished line: its sender has gone.
    package mutating func reset() {
        line.removeAll(keepingCapacity: true)
        isSkipping = false
    }

    private mutating func finishLine() -> [Order] {
        defer { line.removeAll(keepingCapacity: true) }
        if line.count > Self.longestLine { return [.unknown(Array(line.prefix(Self.loggedBytes)))] }
        if let orders = Self.digits(in: line) { return orders }
        let text = line.trimmingBlanks()
        if text.isEmpty { return [] }
        if let word = OrderWord(rawValue: String(decoding: text, as: UTF8.self)) { return [.word(word)] }
        return [.unknown(Array(text.prefix(Self.loggedBytes)))]
    }

    /// The orders of a line that holds digits and blanks only, and at least one digit; `nil` for another line.
    private static func digits(in line: [UInt8]) -> [Order]? {
        var orders: [Order] = []
        for byte in line {
            switch byte {
            case UInt8(ascii: "1"): orders.append(.digitStart)
            case UInt8(ascii: "0"): orders.append(.digitStop)
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
