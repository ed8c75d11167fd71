import CommandSupport
import ControlProtocol
import Logging

/// Logs what keeps events from being recorded, or from reaching the host, when streaming begins.
struct StartLog {
    private var log: LimitedLog
    /// What was logged at the last start: it is not logged again while it lasts.
    private var warnings: [String] = []

    init(_ log: Logger) { self.log = LimitedLog(log) }

    mutating func log(_ report: Report) {
        for warning in report.warnings where !warnings.contains(warning) { log.log(warning) }
        warnings = report.warnings
    }
}
