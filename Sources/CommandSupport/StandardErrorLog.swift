import Logging

/// Writes each message as one line to standard error; a reader that does not read costs lines, never time.
package struct StandardErrorLog: LogHandler {
    package var metadata: Logger.Metadata = [:]
    package var logLevel = Logger.Level.info

    private let program: String
    private let output: StandardError

    /// - Parameter program: Stands in front of every line.
    package init(program: String, _ output: StandardError = .shared) {
        self.program = program
        self.output = output
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        let label =
            switch event.level {
            case .trace, .debug, .info, .notice: ""
            case .warning: "warning: "
            case .error, .critical: "error: "
            }
        output.write("\(program): \(label)\("\(event.message)".withoutControlCharacters)\n")
    }
}
