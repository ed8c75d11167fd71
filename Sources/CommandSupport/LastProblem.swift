import Synchronization

/// Remembers the last warning or error that was logged.
package final class LastProblem: Sendable {
    /// A log may be written by any thread.
    private let last = Mutex<(message: String, at: ContinuousClock.Instant)?>(nil)

    package init() {}

    /// The message, and when it was logged; `nil` if there was none.
    package var now: (message: String, at: ContinuousClock.Instant)? { last.withLock { $0 } }

    func note(_ message: String) { last.withLock { $0 = (message, .now) } }
}
