import ControlProtocol

/// Why a stop did not send everything.
package enum IncompleteStop {
    /// The causes, as the report made at its end shows them; none if the stop was complete.
    package static func causes(_ report: Report) -> [String] {
        if report.isComplete { return [] }
        let known: [(CPUState?, Counter, (String) -> String)] = [
            (.portless, .unread, { "\($0) no port" }),
            (.unplugged, .unread, { "\($0) a port that is unplugged" }),
            (.unreadable, .unread, { "\($0) a ring buffer that cannot be read" }),
            (nil, .pending, { "\($0) a port that did not accept everything in time" }),
        ]
        let causes = known.compactMap { state, counter, sentence -> String? in
            let cpus = report.cpus.filter { cpu in
                guard let state else { return cpu.state != .unplugged && cpu.counts[counter] > 0 }
                // Of a CPU that cannot be read, nothing may be known.
                return cpu.state == state && (cpu.counts[counter] > 0 || state == .unreadable)
            }
            if cpus.isEmpty { return nil }
            let list = CPUList(cpus.map(\.cpu))
            let rest = Self.rest(cpus.reduce(into: Counts()) { $0 += $1.counts })
            return sentence(cpus.count == 1 ? "CPU \(list) has" : "CPUs \(list) have") + rest
        }
        if !causes.isEmpty { return causes }
        // Ring buffers that were cleared, exchanged or given other sub-buffers are in the warnings.
        return report.warnings.isEmpty ? ["the host did not accept everything in time"] : report.warnings
    }

    private static func rest(_ counts: Counts) -> String {
        var parts: [String] = []
        if counts[.pending] > 0 { parts.append("\(counts[.pending]) bytes in the pipe") }
        if counts[.unread] > 0 { parts.append("\(counts[.unread]) events in the ring buffer") }
        return parts.isEmpty ? "" : " (\(parts.joined(separator: ", ")))"
    }
}
