import CommandSupport
import ControlProtocol
import Logging

/// Logs how stops ended.
struct StopLog {
    private var log: LimitedLog

    init(_ log: Logger) { self.log = LimitedLog(log) }

    /// - Parameter isLast: Whether the agent ends, so that no start follows.
    mutating func log(_ report: Report, isLast: Bool) {
        let totals = report.totals
        log.log(
            "stopped: \(totals[.bytes]) bytes sent, \(totals[.lost]) events lost", level: .info,
            ["bytes": "\(totals[.bytes])", "lost": "\(totals[.lost])", "unread": "\(totals[.unread])"])
        if report.isComplete { return }
        let causes = IncompleteStop.causes(report).joined(separator: "; ")
        let fate = isLast ? "it is given up" : "it waits for the next start"
        log.log("not everything was delivered, \(fate): \(causes)")
    }
}
