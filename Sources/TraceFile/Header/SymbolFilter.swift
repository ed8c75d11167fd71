/// Removes the symbols that no decoder uses from the text of `/proc/kallsyms`, which can be split at any byte.
///
/// libtraceevent skips them too: absolute symbols, such as the offsets of per-CPU variables, and the mapping symbols
/// whose names begin with `$`.
package struct SymbolFilter {
    /// Symbols that were kept and have an address: it is 0 where the kernel hides it.
    package private(set) var withAddress = 0
    /// The start of a line whose end has not come yet.
    private var rest: [UInt8] = []

    package init() {}

    /// Filters the next bytes.
    ///
    /// - Returns: The complete lines with the symbols that are kept.
    package mutating func filter(_ bytes: [UInt8]) -> [UInt8] {
        let text = rest + bytes
        var kept: [UInt8] = []
        kept.reserveCapacity(text.count)
        var start = 0
        while let newline = text[start...].firstIndex(of: UInt8(ascii: "\n")) {
            let line = text[start...newline]
            if isWanted(line) { kept += line }
            start = newline + 1
        }
        rest = Array(text[start...])
        return kept
    }

    /// Whether the symbol of a line such as `ffffffff81000000 T _text\n` is kept.
    private mutating func isWanted(_ line: ArraySlice<UInt8>) -> Bool {
        let space = UInt8(ascii: " ")
        guard let end = line.firstIndex(of: space), end + 3 < line.endIndex else { return false }
        let isAbsolute = line[end + 1] | 0x20 == UInt8(ascii: "a")
        if isAbsolute || line[end + 3] == UInt8(ascii: "$") { return false }
        if line[..<end].contains(where: { $0 != UInt8(ascii: "0") }) { withAddress += 1 }
        return true
    }
}
