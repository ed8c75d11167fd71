import Logging

/// Lines that somebody outside can cause: too many of them are left out, and counted.
struct LimitedLog {
    private let log: Logger
    private var rate = RateLimit(burst: 20, thenOneEvery: .seconds(1))

    init(_ log: Logger) { self.log = log }

    mutating func say(
        _ message: String, level: Logger.Level = .warning, _ metadata: Logger.Metadata = [:],
        file: String = #fileID, function: String = #function, line: UInt = #line
    ) {
        // What is not shown anyway uses nothing up.
        guard level >= log.logLevel, rate.admit() else { return }
        let leftOut = rate.takeRefused()
        log.log(
            level: level, "\(message)\(leftOut > 0 ? " (\(leftOut) lines left out)" : "")",
            metadata: metadata,
            file: file, function: function, line: line)
    }
}
