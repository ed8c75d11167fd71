import Reactor

/// The process's standard error; there is one, and it is never closed.
package final class StandardError: Sendable {
    package static let shared = StandardError()

    private let descriptor = FileDescriptor(owning: 2)

    private init() {}

    package var isTerminal: Bool { descriptor.isTerminal }

    /// Writes `text` if that does not wait.
    package func write(_ text: String) {
        guard poll(descriptor, for: .writable, timeout: .zero) else { return }
        // An error here cannot be reported anywhere.
        _ = try? descriptor.write(Array(text.utf8))
    }
}
