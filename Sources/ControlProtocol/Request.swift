/// What an order asks for: a word, and how it is answered.
package struct Request: Equatable, Sendable {
    package let word: OrderWord
    /// What the answer repeats; `nil` if the order has none.
    package let id: OrderID?
    /// `false` for the digits of the original protocol.
    package let isAnswered: Bool

    package init(_ word: OrderWord, id: OrderID? = nil, isAnswered: Bool = true) {
        self.word = word
        self.id = id
        self.isAnswered = isAnswered
    }

    /// The line that orders it.
    package var line: String { word.rawValue + (id.map { " id=\($0.rawValue)" } ?? "") }
}
