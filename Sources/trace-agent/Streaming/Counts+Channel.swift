import ControlProtocol

extension Counts {
    /// What a channel's worker has counted, and the kernel's counters as they were last read.
    init(of channel: Channel, _ losses: LossCount, unread: Int) {
        self.init()
        self[.pages] = channel.counters.pages.now
        self[.bytes] = channel.counters.bytes.now
        self[.lost] = losses.whileStreaming
        self[.overwritten] = losses.whileStopped
        self[.unread] = unread
        self[.pending] = channel.pendingBytes
        self[.gone] = channel.counters.bytesGone.now
        self[.zeroSplices] = channel.counters.zeroSplices.now
        self[.blocked] = channel.counters.timesBlocked.now
    }
}
