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
    var reported: CPUState {
        switch self {
        case .idle: .idle
        case .waitingForData: .waitingForData
        case .draining: .draining
        case .waitingForPort: .waitingForPort
        case .ringGone: .ringGone
        case .portGone: .portGone
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
