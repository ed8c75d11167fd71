/// One order, as a host or a client sent it.
package enum Order: Equatable, Sendable {
    case known(Request)
    /// A line that is no order, or too long; at most its first 64 bytes.
    case unknown([UInt8])

    /// `1` of the original protocol: never answered.
    package static let digitStart = Order.known(Request(.start, isAnswered: false))
    /// `0` of the original protocol: never answered.
    package static let digitStop = Order.known(Request(.stop, isAnswered: false))

    /// An order that was sent as a word.
    package static func word(_ word: OrderWord, id: OrderID? = nil) -> Order { .known(Request(word, id: id)) }
}

extension [Order] {
    /// Adds orders that came later; a digit that follows an equal one is the same order, as nobody waits for an answer.
    package mutating func add(_ later: [Order]) {
        for order in later {
            if order == last, case .known(let request) = order, !request.isAnswered { continue }
            append(order)
        }
    }
}
