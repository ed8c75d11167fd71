import Logging
import Reactor

/// A log for messages that something outside the agent can cause: beyond a rate they are dropped and counted.
package struct LimitedLog {
    private let log: Logger
    private var rate = RateLimit(burst: 20, thenOneEvery: .seconds(1))

    package init(_ log: Logger) { self.log = log }

    /// Logs `message`, unless the rate is exceeded.
    ///
    /// - Returns: Whether it was logged, or is below the log level.
    @discardableResult
    package mutating func log(
        _ message: String, level: Logger.Level = .warning, _ metadata: Logger.Metadata = [:],
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) -> Bool {
        // A message that is not shown anyway does not count.
        guard level >= log.logLevel else { return true }
        guard rate.admit() else { return false }
        let dropped = rate.refusedSinceLastCall()
        log.log(
            level: level, "\(message)\(dropped > 0 ? " (\(dropped) messages dropped)" : "")",
            metadata: metadata,
            file: file, function: function, line: line)
        return true
    }
}
