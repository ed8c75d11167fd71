import ControlProtocol

extension Counts {
    /// What a channel's worker has counted, and the kernel's counters as they were last read.
    init(of channel: Channel, _ account: RingAccount) {
        self.init()
        for counter in Counter.allCases {
            self[counter] =
                switch counter {
                case .pages: channel.counters.pages.now
                case .bytes: channel.counters.bytes.now
                case .lost: account.lostWhileStreaming
                case .overwritten: account.overwrittenWhileStopped
                case .unread: account.unread
                case .pending: channel.pendingBytes
                case .gone: channel.counters.bytesGone.now
                case .zeroSplices: channel.counters.zeroSplices.now
                case .blocked: channel.counters.timesBlocked.now
                case .swaps: account.swaps
                case .unconfirmed: channel.counters.bytesUnconfirmed.now
                }
        }
    }
}
