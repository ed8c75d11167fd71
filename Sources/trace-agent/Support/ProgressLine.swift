import CommandSupport
import Reactor

/// Shows on a terminal how far a long piece of work has come; a short one shows nothing.
final class ProgressLine {
    private let what: String
    private let terminal: StandardError?
    private var next: ContinuousClock.Instant
    private var isShown = false

    /// Shorter work needs none.
    private static let patience = Duration.milliseconds(500)
    private static let period = Duration.milliseconds(200)

    init(_ what: String) {
        self.what = what
        let output = StandardError.shared
        terminal = output.isTerminal ? output : nil
        next = .now + Self.patience
    }

    func show(_ done: Int, of total: Int) {
        guard let terminal, total > 0, ContinuousClock.now >= next else { return }
        next = .now + Self.period
        isShown = true
        terminal.write("\r\(what): \(done * 100 / total) %")
    }

    /// Takes the line away.
    func clear() {
        guard isShown else { return }
        isShown = false
        terminal?.write("\r\u{1b}[K")
    }
}
