import ControlProtocol

/// The answers that a stream waits for; at most 64.
struct AnswerDebts {
    /// Words whose answer waits for a state to be reached.
    private var words: [OwedOrder] = []
    /// Trace headers that were asked for and not made yet.
    private var headers: [Request] = []
    /// Whether the header that is being made now is one of them.
    private var isHeaderBeingMade = false
    /// How much of both was owed at the last `markAsOld`.
    private var oldWords = 0
    private var oldHeaders = 0

    private static let most = 64

    var isEmpty: Bool { words.isEmpty && headers.isEmpty }

    var hasWords: Bool { !words.isEmpty }
    var hasHeaders: Bool { !headers.isEmpty }

    mutating func add(_ order: OwedOrder) {
        guard words.count + headers.count < Self.most else { return }
        if order.word.answerTime == .withHeader { headers.append(order.request) } else { words.append(order) }
    }

    /// Marks what is owed now as older than what the other side sends from now on.
    mutating func markAsOld() { (oldWords, oldHeaders) = (words.count, headers.count) }

    /// Forgets what was owed to a host that has left.
    mutating func dropOld() {
        words.removeFirst(min(oldWords, words.count))
        headers.removeFirst(min(oldHeaders, headers.count))
        // A header that is being made may be the one that was dropped: what is owed now was asked for later.
        if oldHeaders > 0 { isHeaderBeingMade = false }
        markAsOld()
    }

    /// The words that `isDue` picks; they are owed no more.
    mutating func settle(where isDue: (OwedOrder) -> Bool) -> [Request] {
        defer {
            oldWords -= words.prefix(oldWords).count(where: isDue)
            words.removeAll(where: isDue)
        }
        return words.filter(isDue).map(\.request)
    }

    mutating func headerIsBeingMade() { isHeaderBeingMade = hasHeaders }

    /// The order that the header that was made is for; it is owed no more.
    ///
    /// - Returns: `nil` if the header is not for this stream.
    mutating func settleHeader() -> Request? {
        defer { isHeaderBeingMade = false }
        guard isHeaderBeingMade, hasHeaders else { return nil }
        oldHeaders = max(0, oldHeaders - 1)
        return headers.removeFirst()
    }
}
