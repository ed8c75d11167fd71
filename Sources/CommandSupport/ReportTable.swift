import ControlProtocol

/// An agent's report for people.
package enum ReportTable {
    private static func heading(_ counter: Counter) -> String {
        switch counter {
        case .pages, .bytes, .lost, .overwritten, .unread, .gone, .blocked, .swaps, .unconfirmed:
            counter.rawValue
        case .pending: "undelivered"
        case .zeroSplices: "zero splices"
        }
    }

    /// One line a CPU, and their sum.
    package static func lines(of report: Report) -> [String] {
        let rows = report.cpus.map { row("\($0.cpu)", $0.state.rawValue, $0.counts) }
        return Table(
            ["cpu", "state"] + Counter.allCases.map(heading), rows + [row("all", "", report.totals)]
        ).lines
    }

    /// The same below a line with what the agent does, and above what is wrong.
    package static func linesWithHeading(of report: Report) -> [String] {
        var heading = report.state.rawValue
        if !report.instance.isEmpty { heading += ", trace instance \(report.instance)" }
        if !report.isComplete { heading += ", the last stop did not deliver everything" }
        if report.ordersRefused > 0 { heading += ", \(report.ordersRefused) orders refused" }
        if report.facts.isHostConnected == false { heading += ", no host is connected" }
        if report.facts.areRingsReleased == true { heading += ", the ring buffers are released" }
        let setup = report.facts.setup.map { ["recorded: \(description(of: $0))"] } ?? []
        let lines =
            [heading] + setup + (report.cpus.isEmpty ? ["no CPU has a port"] : lines(of: report))
            + report.warnings.map { "warning: \($0)" }
        return lines.map(\.withoutControlCharacters)
    }

    private static func description(of setup: TraceSetup) -> String {
        var parts = setup.events.map { event in
            "\(event.name)\(event.filter.map { " if \($0)" } ?? "")"
        }
        if parts.isEmpty { parts = ["no event"] }
        if let tracer = setup.tracer, tracer != TraceSetup.noTracer { parts.append("tracer \(tracer)") }
        if let clock = setup.clock { parts.append("clock \(clock)") }
        if let kibibytes = setup.kibibytes { parts.append("\(kibibytes) KiB a CPU") }
        if !setup.pids.isEmpty {
            parts.append("only of \(setup.pids.map(String.init).joined(separator: " "))")
        }
        return parts.joined(separator: ", ")
    }

    private static func row(_ name: String, _ state: String, _ counts: Counts) -> [String] {
        [name, state] + Counter.allCases.map { "\(counts[$0])" }
    }
}
