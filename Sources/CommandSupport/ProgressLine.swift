import Reactor

/// Shows the progress of a long task on the terminal; a short task shows nothing.
package final class ProgressLine {
    private let task: String
    private let terminal: StandardError?
    private var next: ContinuousClock.Instant
    private var isShown = false

    /// A task that is shorter than this shows nothing.
    private static let delay = Duration.milliseconds(500)
    /// The time between two updates.
    private static let period = Duration.milliseconds(200)

    /// Starts a task.
    ///
    /// - Parameter task: Its name, which precedes the percentage.
    package init(_ task: String) {
        self.task = task
        let output = StandardError.shared
        terminal = output.isTerminal ? output : nil
        next = .now + Self.delay
    }

    /// Shows that `done` of `total` units are done, if the terminal has not been updated recently.
    package func show(_ done: Int, of total: Int) {
        guard let terminal, total > 0, ContinuousClock.now >= next else { return }
        next = .now + Self.period
        isShown = true
        terminal.show(["\(task): \(done * 100 / total) %"])
    }

    /// Clears the line.
    package func clear() {
        guard isShown else { return }
        isShown = false
        terminal?.show([])
    }
}
