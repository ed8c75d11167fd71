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
        let rest = "\(totals[.pending]) bytes in the pipes and \(totals[.unread]) events in the rings"
        log.log(
            "not everything was delivered: \(rest) \(isLast ? "are given up" : "wait for the next start")")
    }
}
