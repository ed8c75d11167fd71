import Synchronization

/// What one CPU's worker has done: counted by the worker, read by the reactor thread.
final class ChannelCounters: Sendable {
    /// Pages taken out of the ring buffer.
    let pages = Atomic<Int>(0)
    /// Their bytes: the size of a sub-buffer can change.
    let bytesTaken = Atomic<Int>(0)
    /// Bytes that the sink has accepted.
    let bytes = Atomic<Int>(0)
    /// Bytes that a port threw away, or that were lost when a connection broke.
    let bytesGone = Atomic<Int>(0)
    /// Bytes of these that may still be on their way to the host: no more than that.
    let bytesInFlight = Atomic<Int>(0)
    /// Bytes of these that were on their way when the port was unplugged, or its host left: at most so many are lost.
    let bytesUnconfirmed = Atomic<Int>(0)
    /// How often a splice to the sink returned 0.
    let zeroSplices = Atomic<Int>(0)
    /// How often the sink accepted nothing more.
    let timesBlocked = Atomic<Int>(0)
}

extension Atomic where Value == Int {
    /// Adds `amount`.
    ///
    /// A reader that sees a count sees everything that was counted before it: a page is never sent before it is taken.
    func count(_ amount: Int = 1) { add(amount, ordering: .releasing) }
    func set(_ value: Int) { store(value, ordering: .releasing) }
    var now: Int { load(ordering: .acquiring) }
}
