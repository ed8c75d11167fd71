import Reactor

/// Whether pages move.
enum AgentState: String, Sendable {
    case stopped
    case streaming
    /// A stop was ordered, and what was recorded before it is on its way.
    case flushing
}

/// What one channel is doing.
enum ChannelState: Equatable, Sendable {
    /// Nothing: the agent is stopped, or this channel is flushed.
    case idle
    /// The ring is watched.
    case waitingForData
    /// The worker has a job.
    case draining(Job)
    /// Pages are in the pipe and the sink does not take them.
    case waitingForPort
    /// The CPU has no ring to read: it was never online, or poll(2) reports what cannot be read.
    case ringGone
    /// The port was unplugged, or its connection broke.
    case portGone

    /// How the status names it.
    var name: String {
        switch self {
        case .idle: "idle"
        case .waitingForData: "waiting for data"
        case .draining: "draining"
        case .waitingForPort: "waiting for port"
        case .ringGone: "ring gone"
        case .portGone: "port gone"
        }
    }
}

/// What a channel does once its worker has handed it back.
enum NextStep: Equatable, Sendable {
    case rest
    case waitForData
    case waitForPort
    /// The port failed: it may say that it is ready, so a timer tries it again.
    case retryPort
    case drain
    case flush
    case giveUpRing
    case giveUpPort

    /// Decides it.
    ///
    /// - Parameters:
    ///   - job: What the worker was asked to do.
    ///   - wasIdle: Whether the job before that found nothing, although the ring was reported readable.
    ///   - flushIsDue: Whether the flush timer fired, or a stop was ordered, meanwhile.
    init(after outcome: JobResult, of job: Job, agent: AgentState, wasIdle: Bool, flushIsDue: Bool) {
        switch (agent, outcome) {
        case (.stopped, _): self = .rest

        case (_, .blocked): self = .waitForPort
        case (_, .sinkFailed(let code)) where code.meansGone: self = .giveUpPort

        case (_, .sinkFailed): self = .retryPort

        case (.flushing, .interrupted): self = .flush
        case (.flushing, .ringFailed): self = .rest
        case (.flushing, .dry), (.flushing, .idle), (.flushing, .spent): self = flushIsDue ? .flush : .rest

        case (.streaming, .dry) where flushIsDue && job == .drain: self = .flush
        case (.streaming, .dry), (.streaming, .spent): self = .waitForData
        // The ring was reported readable and gave no whole page: its rest has to be read to make progress.
        case (.streaming, .idle) where job == .drain: self = .flush
        case (.streaming, .idle): self = wasIdle ? .giveUpRing : .waitForData
        case (.streaming, .interrupted): self = .drain
        case (.streaming, .ringFailed): self = .giveUpRing
        }
    }
}
