/// The name that a sender gives an order, so that it finds the answer: `id=NAME` behind the word.
///
/// 1 to 32 characters: letters and digits of ASCII, `.`, `_` and `-`.
package struct OrderID: RawRepresentable, Hashable, Codable, Sendable {
    package let rawValue: String

    package static let longest = 32

    package init?(rawValue: String) {
        guard (1...Self.longest).contains(rawValue.utf8.count), rawValue.utf8.allSatisfy(\.isAllowedInID)
        else { return nil }
        self.rawValue = rawValue
    }

    private init(number: UInt64) { rawValue = String(number, radix: 36) }

    /// One that nothing that was sent before can hold.
    package static func random() -> OrderID { OrderID(number: .random(in: .min ... .max)) }

    /// Whether `line` is the answer to the order of this name, whatever was sent before it.
    ///
    /// Quotes within a JSON string are escaped, so that only a key can match.
    package func isAnswered(by line: String) -> Bool {
        line.hasPrefix(#"{"answer":"#) && line.contains(#""id":"\#(rawValue)""#)
    }
}

extension UInt8 {
    fileprivate var isAllowedInID: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
