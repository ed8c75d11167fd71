/// How a stop has ended.
struct StopOutcome {
    /// Whether everything that was taken from the ring buffers has been sent.
    private(set) var isDelivered = true
    /// Whether every ring buffer could be read.
    private(set) var isRead = true
    /// Whether everything that was recorded before it has been sent.
    private(set) var isComplete = true

    /// No stop has been ordered yet.
    init() {}

    init(of flush: Phase.Flush, _ channels: TracedChannels, hasPageSizeChanged: Bool) {
        isDelivered = !flush.hasGivenUp && channels.areDelivered
        isRead = channels.areReadable
        // The kernel drops what the ring buffers hold when the size of their sub-buffers changes.
        isComplete = isDelivered && !hasPageSizeChanged && channels.areComplete
    }
}
