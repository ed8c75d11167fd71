import Reactor

/// What a channel does once its worker has handed it back.
enum NextStep: Equatable, Sendable {
    case rest
    case waitForData
    /// poll(2) reports data that splice(2) does not move: a timer tries the ring buffer from now on.
    case pollByTimer
    case waitForPort
    /// The port failed: poll(2) may report it as ready all the same, so a timer tries it again.
    case retryPort
    case drain
    case flush
    /// The CPU was never online.
    case waitForCPU
    case giveUpRing
    case giveUpPort

    /// Chooses the step from the result of a job.
    ///
    /// - Parameters:
    ///   - job: What the worker was asked to do.
    ///   - flushIsDue: Whether the flush timer fired, or a stop was ordered, meanwhile.
    init(after result: JobResult, of job: Job, in phase: Phase, flushIsDue: Bool) {
        switch (phase, result) {
        case (.stopped, _): self = .rest
        // The flush was given up: what is left waits for the next start.
        case (.flushing(let flush), _) where flush.hasGivenUp: self = .rest

        case (_, .blocked): self = .waitForPort
        case (_, .sinkFailed(let code)) where code.meansGone: self = .giveUpPort
        case (_, .sinkFailed): self = .retryPort

        case (.flushing, .interrupted): self = .flush
        case (.flushing, .ringFailed), (.flushing, .pipeFailed): self = .rest
        case (.flushing, .dry), (.flushing, .idle), (.flushing, .spent): self = flushIsDue ? .flush : .rest

        case (.streaming, .dry) where flushIsDue && job == .drain: self = .flush
        case (.streaming, .idle) where flushIsDue && job == .drain: self = .flush
        // A page that is not full is left to the flush timer: sending one for each event would cost a page an event.
        case (.streaming, .idle) where job == .drain: self = .pollByTimer
        case (.streaming, .dry), (.streaming, .spent), (.streaming, .idle): self = .waitForData
        case (.streaming, .interrupted): self = job == .drain ? .drain : .flush
        case (.streaming, .ringFailed(.noDevice)): self = .waitForCPU
        case (.streaming, .ringFailed), (.streaming, .pipeFailed): self = .giveUpRing
        }
    }
}
