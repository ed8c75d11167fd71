import ControlProtocol

extension Counts {
    /// What a channel's worker has counted, and the kernel's counters as they were last read.
    init(of channel: Channel, _ losses: LossCount, unread: Int) {
        self.init()
        for counter in Counter.allCases {
            self[counter] =
                switch counter {
                case .pages: channel.counters.pages.now
                case .bytes: channel.counters.bytes.now
                case .lost: losses.whileStreaming
                case .overwritten: losses.whileStopped
                case .unread: unread
                case .pending: channel.pendingBytes
                case .gone: channel.counters.bytesGone.now
                case .zeroSplices: channel.counters.zeroSplices.now
                case .blocked: channel.counters.timesBlocked.now
                case .swaps, .unconfirmed: 0
                }
        }
    }
}
