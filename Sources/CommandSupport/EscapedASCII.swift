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
    /// The text with a `?` for each control character but a newline: what another machine has sent may be printed on a terminal.
    package var withoutControlCharacters: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.properties.generalCategory == .control && $0 != "\n" ? "?" : $0 }))
    }
}
