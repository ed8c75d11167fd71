import CommandSupport
import ControlProtocol

/// What `Streaming` has brought about, for the agent to pass on.
enum Effect: Equatable {
    /// Streaming has begun; `problem` is what is wrong although it has.
    case started(problem: String?)
    /// A stop has ended; the counters were just read. `startsNext`: a start was ordered meanwhile.
    case stopped(startsNext: Bool)
    /// The ordered state was reached before, or is not reached because of `problem`.
    case unchanged(problem: String?)
    /// The ring buffers are released, as was ordered, or are not because of `problem`.
    case released(problem: String?)
    /// An order of set-up, by its number, is carried out, or is not because of `problem`.
    case changed(number: Int, problem: String?)
    /// An event has ended what is recorded: a dump follows.
    case triggered
    /// An output that is not a port has failed: nothing is left to do.
    case outputFailed(Failure)

    /// Whether it answers an order that waits for its answer.
    func settles(_ order: OwedOrder) -> Bool {
        let word = order.word
        return switch self {
        case .started: word.answerTime == .onceStarted
        // Without a start that follows, one that was cancelled is answered too.
        case .stopped(let startsNext):
            word.answerTime == .onceStopped || word.answerTime == .onceStarted && !startsNext
        case .unchanged: word.answerTime == .onceStarted || word.answerTime == .onceStopped
        case .released: word.answerTime == .onceReleased
        case .changed(let number, _): order.number == number
        case .outputFailed, .triggered: false
        }
    }
}
