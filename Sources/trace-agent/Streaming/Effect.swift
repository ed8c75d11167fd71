import CommandSupport

/// What `Streaming` has brought about, for the agent to pass on.
enum Effect: Equatable {
    /// Streaming has begun; `problem` is what is wrong although it has.
    case started(problem: String?)
    /// A stop has ended; the counters were just read. `startsNext`: a start was ordered meanwhile.
    case stopped(startsNext: Bool)
    /// The ordered state was reached before, or is not reached because of `problem`.
    case unchanged(problem: String?)
    /// An output that is not a port has failed: nothing is left to do.
    case outputFailed(Failure)
}
