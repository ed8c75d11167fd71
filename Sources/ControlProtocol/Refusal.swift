/// The answer to a line that is no order, for a host that sends words: it may be an order of a later version.
package struct Refusal: AnswerLine, Equatable, Sendable {
    /// What the order was named; `nil` if it was not.
    package let id: OrderID?
    package let error: String
    package var version = programVersion
    package var schema: Int? = schemaVersion
    private let answer: Word

    private enum Word: String, Codable { case refused }

    /// - Parameters:
    ///   - line: The start of the line.
    ///   - text: The same as it can be shown.
    package init(_ line: [UInt8], text: String) {
        let words = line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
        let name = words.dropFirst().map { String(decoding: $0, as: UTF8.self) }.first { $0.hasPrefix("id=") }
        id = name.flatMap { OrderID(rawValue: String($0.dropFirst(3))) }
        error = "no order: \"\(text)\""
        answer = .refused
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case answer, id, error, version, schema
    }
}
