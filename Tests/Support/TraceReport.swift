/// The contents of a trace.dat, as trace-cmd reads it.
package struct TraceReport {
    /// One event as `trace-cmd report` prints it.
    package struct Event {
        package let task: String
        package let cpu: Int
        package let seconds: Double
        package let name: String
        package let text: String
    }

    package let events: [Event]
    /// Lines that are not events: the number of CPUs, and lost events.
    package let notes: [String]

    /// Runs `trace-cmd report`.
    ///
    /// - Throws: `TestFailure` if trace-cmd fails or prints a warning.
    package init(of path: String, _ options: [String] = []) throws {
        let report = try Command("trace-cmd", ["report", "-i", path] + options)
        guard report.status == 0, report.errorText.isEmpty else {
            throw TestFailure("trace-cmd report: \(report.status ?? -1) \(report.errorText.prefix(1000))")
        }
        var events: [Event] = []
        var notes: [String] = []
        for line in report.output.split(separator: "\n") {
            if let event = Event(line) { events.append(event) } else { notes.append(String(line)) }
        }
        self.events = events
        self.notes = notes
        if options.isEmpty { try checkOtherReaders(of: path) }
    }

    /// Lets trace-cmd validate the file's structure, and another reader count the events of each CPU.
    private func checkOtherReaders(of path: String) throws {
        let dump = try Command("trace-cmd", ["dump", "--validate", "-i", path])
        guard dump.status == 0 else { throw TestFailure("trace-cmd dump: \(dump.errorText.prefix(1000))") }
        let counts = try Self.countsOfLibrary(path)
        for (cpu, count) in counts.enumerated() where count != self.count(cpu: cpu) {
            throw TestFailure(
                "CPU \(cpu): libtracecmd counts \(count) events, trace-cmd \(self.count(cpu: cpu))")
        }
    }

    /// The number of events on `cpu`.
    package func count(cpu: Int) -> Int { events.count { $0.cpu == cpu } }

    /// The texts of `trace_marker` that contain `prefix`, from there on.
    package func markers(_ prefix: String) -> [String] {
        events.filter { $0.name == "print" }.compactMap { event in
            event.text.firstRange(of: prefix).map { String(event.text[$0.lowerBound...]) }
        }
    }

    /// The number of events on each CPU, as another reader of trace.dat counts them: libtracecmd.
    package static func countsOfLibrary(_ path: String) throws -> [Int] {
        // The library leaves memory behind.
        let counts = try Command("env", [AgentRig.withoutLeaks, Machine.product("count-records"), path])
        guard counts.status == 0 else { throw TestFailure("count-records: \(counts.errorText)") }
        return counts.output.split(separator: "\n").compactMap { Int($0) }
    }

    /// The event formats in the file, by `system:event`.
    package static func formats(of path: String) throws -> [String: String] {
        let report = try Command("trace-cmd", ["report", "--events", "-i", path])
        var formats: [String: String] = [:]
        var (system, event) = ("", "")
        for line in report.output.split(separator: "\n") {
            if line.hasPrefix("system: ") {
                system = String(line.dropFirst(8))
            } else if line.hasPrefix("name: ") {
                event = "\(system):\(line.dropFirst(6))"
            } else {
                formats[event, default: ""] += line + "\n"
            }
        }
        return formats
    }
}

extension TraceReport.Event {
    /// Reads `  bash-12  [001] d..1  3.000001: sched_switch:  the text`.
    fileprivate init?(_ line: Substring) {
        let words = line.split(separator: " ", maxSplits: 100)
        guard let cpuIndex = words.firstIndex(where: { $0.hasPrefix("[") && $0.hasSuffix("]") }),
            cpuIndex > 0,
            let cpu = Int(words[cpuIndex].dropFirst().dropLast()),
            let timeIndex = words[cpuIndex...].firstIndex(where: {
                $0.hasSuffix(":") && Double($0.dropLast()) != nil
            }),
            let seconds = Double(words[timeIndex].dropLast()), timeIndex + 1 < words.count
        else { return nil }
        task = words[..<cpuIndex].joined(separator: " ")
        self.cpu = cpu
        self.seconds = seconds
        name = String(words[timeIndex + 1].dropLast())
        text = words[(timeIndex + 2)...].joined(separator: " ")
    }
}
