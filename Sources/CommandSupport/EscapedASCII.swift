extension Sequence<UInt8> {
    /// The bytes as text that is safe to print on a terminal: everything but printable ASCII is written as `\xNN`.
    package var escapedASCII: String {
        map { byte in
            switch byte {
            case UInt8(ascii: "\\"), UInt8(ascii: "\""): "\\\(Character(UnicodeScalar(byte)))"
            case 0x20...0x7e: "\(Character(UnicodeScalar(byte)))"
            default: "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }.joined()
    }
}

extension String {
    /// The text with a `?` for each character but a newline that controls a terminal or the order of the text: what another
    /// machine has sent may be printed.
    package var withoutControlCharacters: String {
        String(String.UnicodeScalarView(unicodeScalars.map { $0.controlsTerminal ? "?" : $0 }))
    }
}

extension Unicode.Scalar {
    fileprivate var controlsTerminal: Bool {
        [.control, .format].contains(properties.generalCategory) && self != "\n"
    }
}
