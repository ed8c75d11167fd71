import Logging
import Synchronization

/// Collects what is logged.
final class TestLog: LogHandler, Sendable {
    struct Entry: Sendable {
        let level: Logger.Level
        let text: String
        let metadata: Logger.Metadata
    }

    private let collected = Mutex<[Entry]>([])

    var entries: [Entry] { collected.withLock { $0 } }
    var messages: [String] { entries.map(\.text) }

    func count(of text: String) -> Int { messages.count { $0.contains(text) } }

    /// A logger for the parts under test; it drops what is below `.info`.
    var logger: Logger { Logger(label: "test") { _ in self } }

    func log(event: LogEvent) {
        let entry = Entry(level: event.level, text: "\(event.message)", metadata: event.metadata ?? [:])
        collected.withLock { $0.append(entry) }
    }

    // A logger that is copied must not change this one; nothing is set.
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
}
