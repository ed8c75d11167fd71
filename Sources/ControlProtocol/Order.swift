/// One order, as a host or a client sent it.
package enum Order: Equatable, Sendable {
    case known(OrderWord, isAnswered: Bool)
    /// A line that is no order, or too long; at most its first 64 bytes.
    case unknown([UInt8])

    /// `1` of the original protocol: never answered.
    package static let digitStart = Order.known(.start, isAnswered: false)
    /// `0` of the original protocol: never answered.
    package static let digitStop = Order.known(.stop, isAnswered: false)

    /// An order that was sent as a word.
    package static func word(_ word: OrderWord) -> Order { .known(word, isAnswered: true) }
}
