/// What a stream of pages contains.
package struct StreamSurvey: Equatable, Sendable {
    /// Runs of pages in the order of time: one, unless the stream was cut.
    ///
    /// That of an empty stream is empty.
    package private(set) var parts = [StreamPart()]
    /// The pages at which a new part begins, and why.
    package private(set) var cuts: [String] = []
    /// Pages that were left out because they are none.
    package private(set) var pagesLeftOut = 0
    /// The first of them, and why; `nil` if there is none.
    package private(set) var firstLeftOut: String?
    /// Bytes of an incomplete last page; 0 if there is none.
    package internal(set) var tornBytes = 0
    package let pageSize: Int
    /// The byte of the stream that follows the pages that were seen.
    private(set) var place = 0

    init(pageSize: Int) { self.pageSize = pageSize }

    /// What all parts contain.
    package var total: StreamPart {
        var total = StreamPart()
        for part in parts { total.add(part) }
        return total
    }

    /// The name of the page at `place` in messages.
    var nextPage: String { "page \(place / pageSize) at byte \(place)" }

    mutating func add(_ page: Page) {
        parts[parts.count - 1].add(page, at: place, ofBytes: pageSize)
        place += pageSize
    }

    mutating func leaveOut(_ problem: String) {
        firstLeftOut = firstLeftOut ?? "\(nextPage) \(problem)"
        pagesLeftOut += 1
        place += pageSize
    }

    /// Starts a new part with the page at `place`.
    mutating func cut(_ problem: String) {
        cuts.append("\(nextPage) \(problem)")
        parts.append(StreamPart())
    }
}
