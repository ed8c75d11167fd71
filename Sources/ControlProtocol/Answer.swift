/// The answer to every word but `metadata`.
package struct Answer: AnswerLine, Equatable, Sendable {
    /// The word that is answered.
    package var word: OrderWord
    /// What the order was named; `nil` if it was not.
    package var id: OrderID?
    /// Why the order was not carried out, or what is wrong although it was; `nil` if nothing is.
    package var error: String?
    /// The agent's version.
    package var version = programVersion
    /// `nil`: an agent before schema 2.
    package var schema: Int? = schemaVersion
    package var report: Report

    package init(_ word: OrderWord, id: OrderID? = nil, _ report: Report, error: String? = nil) {
        self.word = word
        self.id = id
        self.report = report
        self.error = error
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case word = "answer"
        case id, error, version, schema
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        word = try container.decode(OrderWord.self, forKey: .word)
        id = try container.decodeIfPresent(OrderID.self, forKey: .id)
        error = try container.decodeIfPresent(String.self, forKey: .error)?.asSentence
        version = try container.decode(String.self, forKey: .version)
        schema = try container.decodeIfPresent(Int.self, forKey: .schema)
        report = try Report(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(word, forKey: .word)
        try container.encodeIfPresent(id, forKey: .id)
        try container.encodeIfPresent(error, forKey: .error)
        try container.encode(version, forKey: .version)
        try container.encodeIfPresent(schema, forKey: .schema)
        try report.encode(to: encoder)
    }
}
