import Logging
import Reactor

/// Lines that somebody outside can cause: too many of them are left out, and counted.
struct LimitedLog {
    private let log: Logger
    private var rate = RateLimit(burst: 20, thenOneEvery: .seconds(1))

    init(_ log: Logger) { self.log = log }

    /// Says it, unless it is one too many.
    ///
    /// - Returns: Whether it was said, or is not wanted at this level.
    @discardableResult
    mutating func say(
        _ message: String, level: Logger.Level = .warning, _ metadata: Logger.Metadata = [:],
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) -> Bool {
        // What is not shown anyway uses nothing up.
        guard level >= log.logLevel else { return true }
        guard rate.admit() else { return false }
        let leftOut = rate.refusedSinceLastCall()
        log.log(
            level: level, "\(message)\(leftOut > 0 ? " (\(leftOut) lines left out)" : "")",
            metadata: metadata,
            file: file, function: function, line: line)
        return true
    }
}
