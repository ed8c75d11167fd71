import Logging
import Reactor

/// Writes each message as one line to standard error; one that nobody reads costs lines, never time.
struct StandardErrorLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    private let output: StandardError

    init(_ output: StandardError) { self.output = output }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let label =
            switch event.level {
            case .trace, .debug, .info, .notice: ""
            case .warning: "warning: "
            case .error, .critical: "error: "
            }
        output.write("trace-agent: \(label)\(event.message)\n")
    }
}

/// The process's standard error; there is one, and it is never closed.
final class StandardError: Sendable {
    static let shared = StandardError()

    private let descriptor = FileDescriptor(owning: 2)

    private init() {}

    var isTerminal: Bool { descriptor.isTerminal }

    /// Writes `text` if that does not wait.
    func write(_ text: String) {
        guard poll(descriptor, for: .writable, timeout: .zero) else { return }
        // There is nobody left to tell about an error here.
        _ = try? descriptor.write(Array(text.utf8))
    }
}
