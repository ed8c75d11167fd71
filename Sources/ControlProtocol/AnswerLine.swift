import FoundationEssentials

/// An answer: one JSON object on one line, its keys sorted.
package protocol AnswerLine: Codable {
    /// What the order was named; `nil` if it was not.
    var id: OrderID? { get }
}

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

    /// The line as it is sent, without the newline at its end.
    ///
    /// The answer to an order with an id begins with a newline, so that it is a line of its own even behind the rest of a
    /// header, which an earlier host did not read.
    package var lineToSend: String { id == nil ? line : "\n" + line }

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
