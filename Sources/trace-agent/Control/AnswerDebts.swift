import ControlProtocol

/// The answers that a stream waits for; at most 64.
struct AnswerDebts {
    /// Words whose answer waits for a state to be reached.
    private var words: [OrderWord] = []
    /// Trace headers that were asked for and not made yet.
    private(set) var headers = 0
    /// Whether the header that is being made now is one of them.
    private var isHeaderBeingMade = false
    /// How much of both was owed at the last `markAsOld`.
    private var oldWords = 0
    private var oldHeaders = 0

    private static let most = 64

    var isEmpty: Bool { words.isEmpty && headers == 0 }

    var hasWords: Bool { !words.isEmpty }

    mutating func add(_ word: OrderWord) {
        guard words.count + headers < Self.most else { return }
        if word.answerTime == .withHeader { headers += 1 } else { words.append(word) }
    }

    /// Marks what is owed now as older than what the other side sends from now on.
    mutating func markAsOld() { (oldWords, oldHeaders) = (words.count, headers) }

    /// Forgets what was owed to a host that has left.
    mutating func dropOld() {
        words.removeFirst(min(oldWords, words.count))
        headers -= min(oldHeaders, headers)
        // A header that is being made may be the one that was dropped: what is owed now was asked for later.
        if oldHeaders > 0 { isHeaderBeingMade = false }
        markAsOld()
    }

    /// The words that `isDue` picks; they are owed no more.
    mutating func settle(where isDue: (OrderWord) -> Bool) -> [OrderWord] {
        defer {
            oldWords -= words.prefix(oldWords).count(where: isDue)
            words.removeAll(where: isDue)
        }
        return words.filter(isDue)
    }

    mutating func headerIsBeingMade() { isHeaderBeingMade = headers > 0 }

    /// One header less that is owed.
    ///
    /// - Returns: `false` if the header that was made is not for this stream.
    mutating func settleHeader() -> Bool {
        defer { isHeaderBeingMade = false }
        guard isHeaderBeingMade, headers > 0 else { return false }
        headers -= 1
        return true
    }
}
