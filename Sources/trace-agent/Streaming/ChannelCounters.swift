import Synchronization

/// What one CPU's worker has done, counted where it does it and read by the reactor.
final class ChannelCounters: Sendable {
    /// Pages taken out of the ring.
    let pages = Atomic<Int>(0)
    /// Bytes that the sink has taken.
    let bytes = Atomic<Int>(0)
    /// Bytes that a port threw away, or that a connection broke in the middle of.
    let bytesGone = Atomic<Int>(0)
    /// How often a splice to the sink returned 0.
    let zeroSplices = Atomic<Int>(0)
    /// How often the sink took nothing more.
    let timesBlocked = Atomic<Int>(0)
}

extension Atomic where Value == Int {
    /// Counts `amount` more.
    ///
    /// Who sees a count sees all that was counted before it: a page is never sent before it is taken.
    func count(_ amount: Int = 1) { add(amount, ordering: .releasing) }
    var now: Int { load(ordering: .acquiring) }
}
