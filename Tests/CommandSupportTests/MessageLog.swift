import Logging
import Synchronization

/// Collects the messages that are logged.
final class MessageLog: LogHandler, Sendable {
    private let collected = Mutex<[String]>([])

    var messages: [String] { collected.withLock { $0 } }

    func log(event: LogEvent) { collected.withLock { $0.append("\(event.message)") } }

    // Nothing is set.
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
