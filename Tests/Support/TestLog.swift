import Logging
import Synchronization

/// Collects what is logged.
package final class TestLog: LogHandler, Sendable {
    package struct Entry: Sendable {
        package let level: Logger.Level
        package let text: String
        package let metadata: Logger.Metadata
    }

    private let collected = Mutex<[Entry]>([])

    package init() {}

    package var entries: [Entry] { collected.withLock { $0 } }
    package var messages: [String] { entries.map(\.text) }

    package func count(of text: String) -> Int { messages.count { $0.contains(text) } }

    /// A logger for the parts under test; it drops what is below `.info`.
    package var logger: Logger { Logger(label: "test") { _ in self } }

    package func log(event: LogEvent) {
        let entry = Entry(level: event.level, text: "\(event.message)", metadata: event.metadata ?? [:])
        collected.withLock { $0.append(entry) }
    }

    // A logger that is copied must not change this one; nothing is set.
    package var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    package var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
}
