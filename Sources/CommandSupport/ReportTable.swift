import ControlProtocol

/// An agent's report for people.
package enum ReportTable {
    /// The columns, in their order.
    private static let columns: [(counter: Counter, heading: String)] = [
        (.pages, "pages"), (.bytes, "bytes"), (.lost, "lost"), (.overwritten, "overwritten"),
        (.unread, "unread"),
        (.pending, "undelivered"), (.gone, "gone"), (.zeroSplices, "zero splices"), (.blocked, "blocked"),
    ]

    /// One line a CPU, and their sum.
    package static func lines(of report: Report) -> [String] {
        let rows = report.cpus.map { row("\($0.cpu)", $0.state.rawValue, $0.counts) }
        return Table(["cpu", "state"] + columns.map(\.heading), rows + [row("all", "", report.totals)]).lines
    }

    /// The same below a line that says what the agent does.
    package static func linesWithHeading(of report: Report) -> [String] {
        var heading = report.state.rawValue
        if !report.instance.isEmpty { heading += ", trace instance \(report.instance)" }
        if !report.isComplete { heading += ", the last stop did not deliver everything" }
        if report.ordersRefused > 0 { heading += ", \(report.ordersRefused) orders refused" }
        return [heading] + (report.cpus.isEmpty ? ["no CPU has a port"] : lines(of: report))
    }

    private static func row(_ name: String, _ state: String, _ counts: Counts) -> [String] {
        [name, state] + columns.map { "\(counts[$0.counter])" }
    }
}
