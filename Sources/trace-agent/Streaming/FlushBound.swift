/// How many pages a stop's flush may move.
///
/// In all, these are as many as the ring buffer can hold, and a batch that is on its way and not counted yet: a CPU that
/// goes on recording cannot keep the flush busy for ever.
struct FlushBound {
    private let channel: Channel
    /// The count of pages when the stop was ordered.
    private var start = 0

    init(_ channel: Channel) { self.channel = channel }

    /// A stop is ordered; a second one moves the bound.
    mutating func begin() { start = channel.counters.pages.now }

    /// The pages that may still be moved.
    var pagesLeft: Int {
        max(0, start + channel.pagesInRing + channel.pagesPerSplice - channel.counters.pages.now)
    }

    /// The pages of a flush: those that may still be moved, or as many as the ring buffer can hold.
    func pages(in phase: Phase) -> Int {
        if case .flushing = phase { pagesLeft } else { channel.pagesInRing }
    }
}
