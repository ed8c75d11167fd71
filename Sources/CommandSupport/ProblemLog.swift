import Logging

/// Passes messages on, and lets a `LastProblem` remember the warnings and errors, even those below the log level.
///
/// What a peer has sent is no problem of the program: messages with the field `peer` are not remembered.
package struct ProblemLog: LogHandler {
    private var handler: any LogHandler
    private let problem: LastProblem

    package init(_ handler: any LogHandler, remembering problem: LastProblem) {
        self.handler = handler
        self.problem = problem
    }

    package var metadata: Logger.Metadata {
        get { handler.metadata }
        set { handler.metadata = newValue }
    }

    /// Warnings are received in any case.
    package var logLevel: Logger.Level {
        get { min(handler.logLevel, .warning) }
        set { handler.logLevel = newValue }
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { handler[metadataKey: key] }
        set { handler[metadataKey: key] = newValue }
    }

    package func log(event: LogEvent) {
        if event.level >= .warning, event.metadata?["peer"] == nil { problem.note("\(event.message)") }
        if event.level >= handler.logLevel { handler.log(event: event) }
    }
}
