extension EventOutput {
    /// Appends a string of JSON; what is no UTF-8 becomes U+FFFD, and what controls a terminal is escaped: RFC 8259.
    func append(json text: UnsafeBufferPointer<UInt8>) {
        append("\"")
        if text.allSatisfy({ (0x20...0x7e).contains($0) && $0 != 0x22 && $0 != 0x5c }) {
            append(untrusted: text)
        } else {
            for unit in String(decoding: text, as: UTF8.self).utf16 { append(escaping: unit) }
        }
        append("\"")
    }

    private func append(escaping unit: UInt16) {
        switch unit {
        case 0x22: append("\\\"")
        case 0x5c: append("\\\\")
        case 0x20...0x7e: append(UInt8(unit))
        default:
            let digits = String(unit, radix: 16)
            append("\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits)
        }
    }
}
