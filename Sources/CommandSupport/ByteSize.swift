import ArgumentParser

/// A number of bytes, written as `65536`, `64K` or `1M`.
package struct ByteSize: Equatable, Sendable {
    package let bytes: Int
    package init(bytes: Int) { self.bytes = bytes }
}

extension ByteSize: ExpressibleByArgument, CustomStringConvertible {
    package init?(argument: String) {
        var digits = Substring(argument)
        var unit = 1
        switch digits.last {
        case "K", "k": unit = 1 << 10
        case "M", "m": unit = 1 << 20
        default: break
        }
        if unit > 1 { digits.removeLast() }
        guard digits.allSatisfy(\.isASCIIDigit), let count = Int(digits) else { return nil }
        let (bytes, overflow) = count.multipliedReportingOverflow(by: unit)
        if overflow { return nil }
        self.init(bytes: bytes)
    }

    package var description: String {
        if bytes > 0, bytes % (1 << 20) == 0 { return "\(bytes >> 20)M" }
        if bytes > 0, bytes % (1 << 10) == 0 { return "\(bytes >> 10)K" }
        return "\(bytes)"
    }
}

extension Character {
    package var isASCIIDigit: Bool { isASCII && isWholeNumber }
}
