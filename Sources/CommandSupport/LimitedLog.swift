import Logging
import Reactor

/// A log for messages that something outside the agent can cause: beyond a rate they are dropped and counted.
///
/// Each severity has a rate of its own, so that many messages about what is usual do not hide one about a loss.
package struct LimitedLog {
    private let log: Logger
    /// For `.info` and `.notice`, for `.warning`, and for what is more severe.
    private var rates = (usual: Self.newRate, warnings: Self.newRate, errors: Self.newRate)

    private static var newRate: RateLimit { RateLimit(burst: 20, thenOneEvery: .seconds(1)) }

    package init(_ log: Logger) { self.log = log }

    /// Logs `message`, unless the rate of its severity is exceeded.
    ///
    /// - Returns: Whether it was logged, or is below the log level.
    @discardableResult
    package mutating func log(
        _ message: String, level: Logger.Level = .warning, _ metadata: Logger.Metadata = [:],
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) -> Bool {
        // A message that is not shown anyway does not count.
        guard level >= log.logLevel else { return true }
        guard let dropped = admit(level) else { return false }
        log.log(
            level: level, "\(message)\(dropped > 0 ? " (\(dropped) messages dropped)" : "")",
            metadata: metadata,
            file: file, function: function, line: line)
        return true
    }

    /// How many messages of this severity were dropped since the last one that was logged; `nil` if this one is too.
    private mutating func admit(_ level: Logger.Level) -> Int? {
        switch level {
        case ..<Logger.Level.warning: rates.usual.admit() ? rates.usual.refusedSinceLastCall() : nil
        case .warning: rates.warnings.admit() ? rates.warnings.refusedSinceLastCall() : nil
        default: rates.errors.admit() ? rates.errors.refusedSinceLastCall() : nil
        }
    }
}
