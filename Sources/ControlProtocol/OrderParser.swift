/// Turns a stream of bytes into orders, however the bytes are split or joined on the way.
///
/// Orders are lines. Blanks around a line and a CR are ignored, and so are empty lines. A line of nothing but `1`
/// and `0` is one order a digit: hosts that write no newline produce such lines. Equal digits in a row are one order.
/// Any other line is a word, perhaps `id=` and a name, and what the word takes: see `Request`.
package struct OrderParser: Sendable {
    /// The longest line in bytes; the rest of a longer one is skipped up to its newline.
    package static let longestLine = 256
    /// The same for a line that begins with `setup`.
    package static let longestSetup = 4096
    private static let setup = Array("\(OrderWord.setup.rawValue) ".utf8)
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
                if Self.isTooLong(line) {
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

    /// Whether a line has begun, and its newline has not come.
    package var hasUnfinishedLine: Bool { !line.isEmpty || isSkipping }

    /// Drops an unfinished line: its rest does not come.
    ///
    /// - Returns: The line, which is refused; `nil` if it is blank, or was refused because it is too long.
    package mutating func dropUnfinishedLine() -> Order? {
        defer { reset() }
        let text = line.trimmingBlanks()
        return text.isEmpty ? nil : .unknown(Array(text.prefix(Self.loggedBytes)))
    }

    /// Whether a line, or what has come of it, is too long.
    static func isTooLong(_ line: [UInt8]) -> Bool {
        guard line.count > longestLine else { return false }
        return line.count > longestSetup || !line.starts(with: setup)
    }

    private mutating func finishLine() -> [Order] {
        defer { line.removeAll(keepingCapacity: true) }
        if Self.isTooLong(line) { return [.unknown(Array(line.prefix(Self.loggedBytes)))] }
        if let orders = Self.digits(in: line) { return orders }
        let text = line.trimmingBlanks()
        if text.isEmpty { return [] }
        if let request = Request(line: text) { return [.known(request)] }
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
    var isBlank: Bool {
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
