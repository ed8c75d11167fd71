import Logging
import Reactor

/// Writes each message as an entry of the journal; its metadata become fields.
struct JournalLog: LogHandler {
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var fields = [
            ("MESSAGE", "\(event.message)"),
            ("PRIORITY", "\(event.level.syslogPriority)"),
            ("SYSLOG_IDENTIFIER", "trace-agent"),
            ("CODE_FILE", event.file),
            ("CODE_LINE", "\(event.line)"),
            ("CODE_FUNC", event.function),
        ]
        for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
            fields.append((key.uppercased(), "\(value)"))
        }
        Journal.send(fields)
    }
}

extension Logger.Level {
    /// As in syslog(3): 7 for the least.
    fileprivate var syslogPriority: Int {
        switch self {
        case .trace, .debug: 7
        case .info: 6
        case .notice: 5
        case .warning: 4
        case .error: 3
        case .critical: 2
        }
    }
}
