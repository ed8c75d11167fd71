/// Pages of a stream in the order of time, and what they contain.
package struct StreamPart: Equatable, Sendable {
    package private(set) var pages = 0
    package private(set) var events = 0
    /// Events that the kernel lost, as far as the pages contain their number; `Int.max` if the sum does not fit.
    package private(set) var lost = 0
    /// How often the kernel lost events without recording their number.
    package private(set) var uncountedLosses = 0
    /// Bytes of the pages.
    package private(set) var bytes = 0
    /// Where they are in the stream, in their order.
    private(set) var places: [Range<Int>] = []

    package init() {}

    mutating func add(_ page: Page, at place: Int, ofBytes count: Int) {
        pages += 1
        bytes += count
        events += page.events
        switch page.loss {
        case .none: break
        case .counted(let number): addLost(number)
        case .uncounted: uncountedLosses += 1
        }
        if let last = places.last, last.upperBound == place {
            places[places.count - 1] = last.lowerBound..<place + count
        } else {
            places.append(place..<place + count)
        }
    }

    mutating func add(_ other: StreamPart) {
        pages += other.pages
        bytes += other.bytes
        events += other.events
        addLost(other.lost)
        uncountedLosses += other.uncountedLosses
        places += other.places
    }

    /// Adds a number from a page, which can be any.
    private mutating func addLost(_ number: Int) {
        let (sum, overflows) = lost.addingReportingOverflow(number)
        lost = overflows ? .max : sum
    }
}
