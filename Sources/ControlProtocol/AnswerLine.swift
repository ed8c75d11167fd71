import FoundationEssentials

/// An answer: one JSON object on one line, its keys sorted.
package protocol AnswerLine: Codable {}

extension AnswerLine {
    /// The line, without its newline.
    package var line: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else {
            preconditionFailure("an answer holds strings and integers only")
        }
        return String(decoding: data, as: UTF8.self)
    }

    /// Reads a line; keys that this version does not know are ignored.
    ///
    /// - Throws: `NotAnAnswer` if the line is no JSON object, or lacks a key.
    package init(line: String) throws(NotAnAnswer) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(line.utf8))
        } catch {
            throw NotAnAnswer(line: line)
        }
    }
}

/// A line that is not the answer that was expected.
package struct NotAnAnswer: Error, Equatable {
    package let line: String
}
