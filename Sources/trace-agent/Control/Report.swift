/// What the agent has done, for answers, and for the summary at exit.
struct Report: Equatable, Sendable, Decodable {
    struct CPU: Equatable, Sendable, Decodable {
        var cpu: Int
        var state: String
        var pages: Int
        /// Bytes that the port has taken.
        var bytes: Int
        /// Events that the kernel lost while the agent was streaming.
        var lost: Int
        /// Events that the kernel overwrote while the agent was stopped.
        var overwritten: Int
        /// Bytes taken from the ring that are still in the pipe.
        var pending: Int
        /// Events in the ring.
        var unread: Int
        /// Bytes that a port or a broken connection threw away.
        var gone: Int
        var zeroSplices: Int
        var timesBlocked: Int

        private enum CodingKeys: String, CodingKey {
            case cpu, state, pages, bytes, lost, overwritten, pending, unread, gone
            case zeroSplices = "zero_splices"
            case timesBlocked = "blocked"
        }
    }

    var state: String
    var instance: String
    var pageSize: Int
    var cpus: [CPU]
    var ordersRefused: Int
    /// Whether everything that was recorded before the last stop has been delivered.
    var isComplete: Bool

    private enum CodingKeys: String, CodingKey {
        case state, instance, cpus
        case pageSize = "page_size"
        case ordersRefused = "orders_refused"
        case isComplete = "complete"
    }

    /// One JSON object on one line.
    ///
    /// - Parameter problem: Why the order was not carried out.
    func json(answering word: String, problem: String? = nil) -> String {
        let perCPU = cpus.map { cpu in
            """
            {"cpu":\(cpu.cpu),"state":"\(cpu.state)",\(numbers(of: cpu))}
            """
        }
        let error = problem.map { "\"error\":\"\(Self.escape($0))\"," } ?? ""
        return """
            {"answer":"\(word)",\(error)"version":"\(version)","state":"\(state)","instance":"\(Self.escape(instance))",\
            "page_size":\(pageSize),"complete":\(isComplete),"orders_refused":\(ordersRefused),\
            "cpus":[\(perCPU.joined(separator: ","))],"totals":{\(numbers(of: total))}}
            """
    }

    private func numbers(of cpu: CPU) -> String {
        """
        "bytes":\(cpu.bytes),"pages":\(cpu.pages),"lost":\(cpu.lost),"overwritten":\(cpu.overwritten),\
        "pending":\(cpu.pending),"unread":\(cpu.unread),"gone":\(cpu.gone),"zero_splices":\(cpu.zeroSplices),"blocked":\(cpu.timesBlocked)
        """
    }

    /// The sum over all CPUs.
    var total: CPU {
        cpus.reduce(
            into: CPU(
                cpu: -1, state: "", pages: 0, bytes: 0, lost: 0, overwritten: 0, pending: 0, unread: 0,
                gone: 0,
                zeroSplices: 0,
                timesBlocked: 0)
        ) { sum, cpu in
            sum.pages += cpu.pages
            sum.bytes += cpu.bytes
            sum.lost += cpu.lost
            sum.overwritten += cpu.overwritten
            sum.pending += cpu.pending
            sum.unread += cpu.unread
            sum.gone += cpu.gone
            sum.zeroSplices += cpu.zeroSplices
            sum.timesBlocked += cpu.timesBlocked
        }
    }

    /// What a service is doing, in a line.
    ///
    /// - Parameter bytesPerSecond: How fast it has been doing it lately.
    func statusLine(bytesPerSecond: Double) -> String {
        if cpus.isEmpty { return "\(state), no CPU has a port" }
        let total = total
        var parts = ["\(state), \(cpus.count) CPUs"]
        if state != "stopped" { parts.append("\(Self.mebibytes(bytesPerSecond)) MiB/s") }
        parts.append("\(Self.mebibytes(Double(total.bytes))) MiB sent")
        parts.append("\(total.lost) events lost")
        let waiting = cpus.count { $0.state == "waiting for port" || $0.state == "port gone" }
        if waiting > 0 { parts.append("\(waiting) waiting for the host") }
        return parts.joined(separator: ", ")
    }

    /// With one decimal place.
    private static func mebibytes(_ bytes: Double) -> String {
        let tenths = Int(max(0, bytes) / 1_048_576 * 10)
        return "\(tenths / 10).\(tenths % 10)"
    }

    /// All of it, for people.
    var lines: [String] {
        var heading = state
        if !instance.isEmpty { heading += ", trace instance \(instance)" }
        if !isComplete { heading += ", the last stop did not deliver everything" }
        if ordersRefused > 0 { heading += ", \(ordersRefused) orders refused" }
        return [heading] + (cpus.isEmpty ? ["no CPU has a port"] : table)
    }

    /// A line a CPU, and their sum, for people.
    var table: [String] {
        let headers = [
            "cpu", "state", "pages", "bytes", "lost", "overwritten", "unread", "undelivered", "gone",
            "zero splices",
            "blocked",
        ]
        let rows = cpus.map { row($0, name: "\($0.cpu)") } + [row(total, name: "all")]
        return Table(headers, rows).lines
    }

    private func row(_ cpu: CPU, name: String) -> [String] {
        let numbers = [
            cpu.pages, cpu.bytes, cpu.lost, cpu.overwritten, cpu.unread, cpu.pending, cpu.gone,
            cpu.zeroSplices,
            cpu.timesBlocked,
        ]
        return [name, cpu.state] + numbers.map { "\($0)" }
    }

    /// A string's inside in JSON.
    static func escape(_ text: String) -> String {
        text.unicodeScalars.map { scalar in
            switch scalar {
            case "\"", "\\": "\\\(scalar)"
            case "\u{0}"..."\u{1f}":
                "\\u00" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
            default: "\(scalar)"
            }
        }.joined()
    }
}

/// The agent's version: semver.org.
let version = "0.1.0"
