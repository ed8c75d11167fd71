import Reactor

/// What a channel does once its worker has handed it back.
enum NextStep: Equatable, Sendable {
    case rest
    case waitForData
    case waitForPort
    /// The port failed: poll(2) may report it as ready all the same, so a timer tries it again.
    case retryPort
    case drain
    case flush
    case giveUpRing
    case giveUpPort

    /// Chooses the step from the result of a job.
    ///
    /// - Parameters:
    ///   - job: What the worker was asked to do.
    ///   - wasIdle: Whether the job before that found nothing, although the ring buffer was reported as readable.
    ///   - flushIsDue: Whether the flush timer fired, or a stop was ordered, meanwhile.
    init(after result: JobResult, of job: Job, in phase: Phase, wasIdle: Bool, flushIsDue: Bool) {
        switch (phase, result) {
        case (.stopped, _): self = .rest
        // The flush was given up: what is left waits for the next start.
        case (.flushing(let flush), _) where flush.hasGivenUp: self = .rest

        case (_, .blocked): self = .waitForPort
        case (_, .sinkFailed(let code)) where code.meansGone: self = .giveUpPort
        case (_, .sinkFailed): self = .retryPort

        case (.flushing, .interrupted): self = .flush
        case (.flushing, .ringFailed): self = .rest
        case (.flushing, .dry), (.flushing, .idle), (.flushing, .spent): self = flushIsDue ? .flush : .rest

        case (.streaming, .dry) where flushIsDue && job == .drain: self = .flush
        case (.streaming, .dry), (.streaming, .spent): self = .waitForData
        // poll(2) reported data, but no page is full: reading the partial page is the only way on.
        case (.streaming, .idle) where job == .drain: self = .flush
        case (.streaming, .idle): self = wasIdle ? .giveUpRing : .waitForData
        case (.streaming, .interrupted): self = .drain
        case (.streaming, .ringFailed): self = .giveUpRing
        }
    }
}
