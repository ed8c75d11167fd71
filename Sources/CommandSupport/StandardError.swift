import Reactor
import Synchronization

/// The process's standard error; there is one, and it is never closed.
package final class StandardError: Sendable {
    package static let shared = StandardError()

    private let descriptor = FileDescriptor(owning: 2)
    /// Lines at the bottom of the terminal, below everything that is written.
    private let shown = Mutex<[String]>([])

    private init() {}

    package var isTerminal: Bool { descriptor.isTerminal }

    /// Writes `text`, which ends with a newline, if that does not wait.
    package func write(_ text: String) {
        shown.withLock { shown in send(Self.removing(shown) + text + Self.drawing(shown)) }
    }

    /// Shows these lines at the bottom of the terminal, in the place of those that are there.
    package func show(_ lines: [String]) {
        shown.withLock { shown in
            if lines == shown { return }
            send(Self.removing(shown) + Self.drawing(lines))
            shown = lines
        }
    }

    private static func removing(_ lines: [String]) -> String {
        lines.isEmpty ? "" : "\u{1b}[\(lines.count)A\u{1b}[J"
    }

    /// No line is continued on the next one: its height would be unknown.
    private static func drawing(_ lines: [String]) -> String {
        lines.isEmpty ? "" : "\u{1b}[?7l\(lines.map { "\($0)\n" }.joined())\u{1b}[?7h"
    }

    /// The bytes that a pipe with room takes without blocking: `PIPE_BUF`, pipe(7).
    private static let piece = 4096

    private func send(_ text: String) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty, poll(descriptor, for: .writable, timeout: .zero) {
            // An error here cannot be reported anywhere.
            guard let written = try? descriptor.write(Array(bytes.prefix(Self.piece))) else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}
