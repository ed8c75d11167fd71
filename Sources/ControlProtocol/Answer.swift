/// The answer to every word but `metadata`.
package struct Answer: AnswerLine, Equatable, Sendable {
    /// The word that is answered.
    package var word: OrderWord
    /// Why the order was not carried out, or what is wrong although it was; `nil` if nothing is.
    package var error: String?
    /// The agent's version.
    package var version = programVersion
    package var report: Report

    package init(_ word: OrderWord, _ report: Report, error: String? = nil) {
        self.word = word
        self.report = report
        self.error = error
    }

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case word = "answer"
        case error, version
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        word = try container.decode(OrderWord.self, forKey: .word)
        error = try container.decodeIfPresent(String.self, forKey: .error)
        version = try container.decode(String.self, forKey: .version)
        report = try Report(from: decoder)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(word, forKey: .word)
        try container.encodeIfPresent(error, forKey: .error)
        try container.encode(version, forKey: .version)
        try report.encode(to: encoder)
    }
}
