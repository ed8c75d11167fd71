/// What an order asks for: a word, and how it is answered.
package struct Request: Equatable, Sendable {
    package let word: OrderWord
    /// What the answer repeats; `nil` if the order has none.
    package let id: OrderID?
    /// `false` for the digits of the original protocol.
    package let isAnswered: Bool
    /// What it changes in the agent's trace instance; `nil` for words that change none.
    package let change: TraceChange?

    package init(_ word: OrderWord, id: OrderID? = nil, isAnswered: Bool = true) {
        self.word = word
        self.id = id
        self.isAnswered = isAnswered
        change = nil
    }

    package init(_ change: TraceChange, id: OrderID? = nil) {
        word = change.word
        self.id = id
        isAnswered = true
        self.change = change
    }

    /// The same with another id.
    package func named(_ id: OrderID) -> Request {
        change.map { Request($0, id: id) } ?? Request(word, id: id, isAnswered: isAnswered)
    }

    /// The line that orders it.
    package var line: String {
        [word.rawValue, id.map { "id=\($0.rawValue)" }, change?.argument].compactMap { $0 }
            .filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Whether an agent refuses it because its line is too long: see `OrderParser.longestSetup`.
    package var isTooLong: Bool { OrderParser.isTooLong(Array(line.utf8)) }

    /// Reads a line without blanks at its ends: a word, perhaps `id=` and a name, and what the word takes.
    ///
    /// - Returns: `nil` if it is no order.
    init?(line: ArraySlice<UInt8>) {
        var rest = line
        guard let word = OrderWord(rawValue: rest.takeWord()) else { return nil }
        var id: OrderID?
        var behind = rest
        let name = behind.takeWord()
        if name.hasPrefix("id=") {
            guard let given = OrderID(rawValue: String(name.dropFirst(3))) else { return nil }
            (id, rest) = (given, behind)
        }
        if let change = TraceChange(word, rest) {
            self.init(change, id: id)
        } else {
            guard rest.isEmpty, word.changesInstance == false else { return nil }
            self.init(word, id: id)
        }
    }
}

extension ArraySlice<UInt8> {
    /// Removes the first word, and the blanks behind it.
    fileprivate mutating func takeWord() -> String {
        let word = prefix { !$0.isBlank }
        self = dropFirst(word.count).drop(while: \.isBlank)
        return String(decoding: word, as: UTF8.self)
    }
}
