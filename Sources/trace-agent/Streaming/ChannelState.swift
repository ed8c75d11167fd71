import ControlProtocol

/// What one channel is doing.
enum ChannelState: Equatable, Sendable {
    /// Nothing: the agent is stopped, or this channel is flushed.
    case idle
    /// The reactor watches the ring buffer.
    case waitingForData
    /// The worker has a job.
    case draining(Job)
    /// Pages are in the pipe, and the sink accepts nothing.
    case waitingForPort
    /// The ring buffer cannot be read: the CPU was never online, or poll(2) reports data that is not there.
    case ringGone
    /// The port was unplugged, or its connection broke.
    case portGone

    /// How answers name it.
    ///
    /// - Parameter isUnreadable: Whether the ring buffer could not be read the last time.
    func reported(isUnreadable: Bool) -> CPUState {
        switch self {
        case .idle: isUnreadable ? .unreadable : .idle
        case .waitingForData: .waiting
        case .draining: .draining
        case .waitingForPort: .blocked
        case .ringGone: .unreadable
        case .portGone: .unplugged
        }
    }

    /// When a channel in this state has to be tried again, because no event announces that it can go on.
    func nextRetry(portIsAway: Bool, isFlushedByTimer: Bool) -> Duration? {
        switch self {
        // Kernels before the end of 2025 can lose a port's wake-up.
        case .waitingForPort: portIsAway ? .seconds(1) : .milliseconds(250)
        case .portGone: .seconds(1)
        case .ringGone: isFlushedByTimer ? nil : .seconds(1)
        case .idle, .waitingForData, .draining: nil
        }
    }
}
