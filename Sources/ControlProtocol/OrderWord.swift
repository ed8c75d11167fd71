/// The words that an agent understands; each is answered with one line.
package enum OrderWord: String, CaseIterable, Codable, Sendable {
    /// Send what the ring buffers hold, then what is recorded from now on.
    case start
    /// Send everything that was recorded until now, then nothing more.
    case stop
    /// Send what the ring buffers hold now, then nothing more.
    case dump
    /// Let go of the ring buffers until the next start or dump, so that others can change the tracer.
    case release
    /// Report what the agent does and has done.
    case status
    /// Send the trace header: what a decoder has to know of the kernel.
    case metadata
    /// Record what follows the word, in the agent's own trace instance.
    case setup
    /// Empty the agent's own trace instance, and record nothing in it.
    case clear
    /// Record what is set up, or do not: `on` or `off` follows.
    case tracing
    /// Tell the time of the trace clock.
    case time

    /// When a word is answered.
    package enum AnswerTime: Sendable {
        /// As soon as it is carried out.
        case atOnce
        /// Once streaming has begun.
        case onceStarted
        /// Once everything that was recorded before it has been sent.
        case onceStopped
        /// Once the ring buffers are released.
        case onceReleased
        /// With the trace header, once that is built.
        case withHeader
        /// Once the trace instance is changed.
        case onceChanged
    }

    /// Whether pages move differently after it.
    package var changesState: Bool {
        switch self {
        case .start, .stop, .dump: true
        case .release, .status, .metadata, .time, .setup, .clear, .tracing: false
        }
    }

    /// Whether it changes what the agent's own trace instance records.
    package var changesInstance: Bool { answerTime == .onceChanged }

    package var answerTime: AnswerTime {
        switch self {
        case .start: .onceStarted
        case .stop, .dump: .onceStopped
        case .release: .onceReleased
        case .status, .time: .atOnce
        case .metadata: .withHeader
        case .setup, .clear, .tracing: .onceChanged
        }
    }
}
