/// Decides whether libtraceevent may read a format from another machine: it trusts the numbers in it, and recurs without
/// a limit.
enum FormatText {
    /// Far more than the formats of Linux have: bytes, bytes between two commas or quotes, nested parentheses, conditions.
    private static let longest = 64 << 10
    private static let longestExpression = 4 << 10
    private static let deepest = 64
    private static let mostConditions = 256
    /// Records are smaller.
    static let largestField = 64 << 10

    static func isReadable(_ text: [UInt8]) -> Bool {
        guard text.count <= longest else { return false }
        let mark = Array("print fmt:".utf8)
        var print = text.endIndex
        var line = text.startIndex
        while line < text.endIndex {
            if text[line...].starts(with: mark) {
                print = line
                break
            }
            let end = text[line...].firstIndex(of: UInt8(ascii: "\n")) ?? text.endIndex
            guard isDeclaration(text[line..<end]) else { return false }
            line = end + 1
        }
        return isShallow(text[print...])
    }

    /// Whether `line` is one of those before the print format: events/*/*/format.
    private static func isDeclaration(_ line: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: line, as: UTF8.self)
        if text.isEmpty || text == "format:" { return true }
        for start in ["name: ", "ID: "] where text.hasPrefix(start) {
            return text.dropFirst(start.count).allSatisfy {
                $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")
            }
        }
        let parts = text.split(separator: ";", omittingEmptySubsequences: false)
        return parts.count == 5 && parts[0].hasPrefix("\tfield:") && isNumber(parts[1], "\toffset:")
            && isNumber(parts[2], "\tsize:") && isNumber(parts[3], "\tsigned:") && parts[4].isEmpty
            && isShallow(line)
    }

    private static func isNumber(_ text: Substring, _ name: String) -> Bool {
        guard text.hasPrefix(name), case let digits = text.dropFirst(name.count),
            digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits)
        else { return false }
        return number <= largestField
    }

    /// Whether brackets are closed and nested within limits, outside of quotes, which are closed too.
    private static func isShallow(_ text: ArraySlice<UInt8>) -> Bool {
        var text = text
        if text.last == UInt8(ascii: "\n") { text = text.dropLast() }
        var closing: [UInt8] = []
        var (expression, conditions) = (0, 0)
        var quote: UInt8?
        var isEscaped = false
        for byte in text {
            expression += 1
            if let mark = quote {
                if byte == mark, !isEscaped { (quote, expression) = (nil, 0) }
                isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
                continue
            }
            switch byte {
            // A newline is only within quotes, as in ext4's formats.
            case UInt8(ascii: "\n"): return false
            case UInt8(ascii: "\""), UInt8(ascii: "'"): quote = byte
            case UInt8(ascii: "("): closing.append(UInt8(ascii: ")"))
            case UInt8(ascii: "["): closing.append(UInt8(ascii: "]"))
            case UInt8(ascii: "{"): closing.append(UInt8(ascii: "}"))
            case UInt8(ascii: ")"), UInt8(ascii: "]"), UInt8(ascii: "}"):
                if closing.popLast() != byte { return false }
            case UInt8(ascii: ","): expression = 0
            case UInt8(ascii: "?"): conditions += 1
            default: break
            }
            if closing.count > deepest || expression > longestExpression || conditions > mostConditions {
                return false
            }
        }
        return closing.isEmpty && quote == nil
    }

    /// Whether a format of printf(3) can make a text of any length out of one number: `%*d`, `%9999d`.
    static func hasUnboundedWidth(_ format: some Sequence<UInt8>) -> Bool {
        var isInside = false
        var digits = 0
        for byte in format {
            switch byte {
            case UInt8(ascii: "%"):
                isInside.toggle()
                digits = 0
            case UInt8(ascii: "*") where isInside: return true
            case UInt8(ascii: "0")...UInt8(ascii: "9") where isInside:
                digits += 1
                if digits > 3 { return true }
            case UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "#"),
                UInt8(ascii: " "):
                digits = 0
            default: isInside = false
            }
        }
        return false
    }

    /// The lines of `printk_formats` whose formats are bounded.
    static func boundedLines(_ text: [UInt8]) -> [UInt8] {
        var kept: [UInt8] = []
        for line in text.split(separator: UInt8(ascii: "\n"))
        where line.count <= longest && !hasUnboundedWidth(line) {
            kept += line
            kept.append(UInt8(ascii: "\n"))
        }
        return kept
    }
}
