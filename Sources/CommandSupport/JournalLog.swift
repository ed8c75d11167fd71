import Logging
import Reactor

/// Writes each message as one entry of the journal; metadata become fields.
package struct JournalLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.info
    /// The program's name in the journal: `SYSLOG_IDENTIFIER`, systemd.journal-fields(7).
    private let program: String

    package init(program: String) { self.program = program }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = [
            ("MESSAGE", "\(event.message)"),
            ("PRIORITY", "\(event.level.syslogPriority)"),
            ("SYSLOG_IDENTIFIER", program),
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
