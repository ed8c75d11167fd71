/// The text of an environment file as systemd reads it: systemd.exec(5), `EnvironmentFile=`.
enum EnvironmentFile {
    /// The value of the last assignment to `name`; `nil` if there is none.
    static func value(of name: String, in text: String) -> String? {
        let joined = text.replacing("\\\n", with: "")
        var value: String?
        for line in joined.split(separator: "\n") {
            let line = line.trimmingBlanks
            guard let sign = line.firstIndex(of: "="), !line.hasPrefix("#"), !line.hasPrefix(";"),
                line[..<sign].trimmingBlanks == name
            else { continue }
            value = unquoted(line[line.index(after: sign)...].trimmingBlanks)
        }
        return value
    }

    /// The words into which systemd splits the value where a command line has `$NAME` as a word: systemd.service(5).
    static func words(of value: String) -> [String] {
        var words: [String] = []
        var word: String?
        var quote: Character?
        for character in value {
            switch (quote, character) {
            case (let open?, character) where character == open: quote = nil
            case (nil, "\""), (nil, "'"):
                quote = character
                word = word ?? ""
            case (nil, " "), (nil, "\t"):
                if let word { words.append(word) }
                word = nil
            default: word = (word ?? "") + String(character)
            }
        }
        return words + [word].compactMap(\.self)
    }

    /// Without one pair of quotes around it.
    private static func unquoted(_ value: Substring) -> String {
        guard let first = value.first, first == "\"" || first == "'", value.count > 1, value.last == first
        else {
            return String(value)
        }
        return String(value.dropFirst().dropLast())
    }
}

extension Substring {
    fileprivate var trimmingBlanks: Substring {
        let blanks: Set<Character> = [" ", "\t", "\r"]
        var rest = drop(while: blanks.contains)
        while let last = rest.last, blanks.contains(last) { rest.removeLast() }
        return rest
    }
}
