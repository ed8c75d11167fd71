import CommandSupport
import ControlProtocol

/// What the service is doing, in one line for `systemctl status`.
struct StatusLine {
    let text: String

    /// - Parameter bytesPerSecond: How fast it has been sending lately.
    init(_ report: Report, bytesPerSecond: Double) {
        let cpus = report.cpus.filter { $0.state != .portless }
        if cpus.isEmpty {
            text = "\(report.state.rawValue), no CPU has a port"
            return
        }
        let totals = report.totals
        var parts = ["\(report.state.rawValue), \(cpus.count) CPUs"]
        if report.state != .stopped { parts.append("\(bytesPerSecond.mebibytes) MiB/s") }
        parts.append("\(Double(totals[.bytes]).mebibytes) MiB sent")
        parts.append("\(totals[.lost]) events lost")
        let portless = report.cpus.count - cpus.count
        if portless > 0 { parts.append("\(portless) CPUs without a port") }
        let waiting = cpus.count { $0.state == .blocked || $0.state == .unplugged }
        if waiting > 0 { parts.append("\(waiting) waiting for the host") }
        text = parts.joined(separator: ", ")
    }
}
