import ControlProtocol

/// What one channel is doing.
enum ChannelState: Equatable, Sendable {
    /// Nothing: the agent is stopped, or this channel is flushed.
    case idle
    /// The reactor watches the ring buffer.
    case waitingForData
    /// A timer tries the ring buffer, because poll(2) reports data that is not there.
    case polling
    /// The worker has a job.
    case draining(Job)
    /// Pages are in the pipe, and the sink accepts nothing.
    case waitingForPort
    /// The CPU was never online: it has no ring buffer yet.
    case waitingForCPU
    /// The ring buffer cannot be read.
    case ringGone
    /// The port was unplugged, or its connection broke.
    case portGone

    /// How often a channel in this state is tried, because no event announces that it can go on; `nil` for never.
    func retryPeriod(_ ring: TracedRing, _ sink: SinkWatch) -> Duration? {
        switch self {
        case .idle, .draining: nil
        case .waitingForData: ring.renewal
        case .polling: ring.pollInterval
        case .waitingForPort: sink.retryPeriod
        // Short enough for a ring buffer not to overflow before its CPU is noticed.
        case .waitingForCPU: .milliseconds(100)
        case .ringGone, .portGone: .seconds(1)
        }
    }

    /// How answers name it.
    ///
    /// - Parameter isUnreadable: Whether the ring buffer could not be read the last time.
    func reported(isUnreadable: Bool) -> CPUState {
        switch self {
        case .idle: isUnreadable ? .unreadable : .idle
        case .waitingForData: .waiting
        case .polling: .polling
        case .draining: .draining
        case .waitingForPort: .blocked
        case .waitingForCPU: .offline
        case .ringGone: .unreadable
        case .portGone: .unplugged
        }
    }
}
