import TraceFile

/// Compares what streams contain with what their trace header says of them.
struct AssemblyWarnings {
    private let header: TraceHeader
    private let streams: [String]
    private let eventsRead: [Int]?
    /// The first CPU on which this number of events was read.
    private let cpus: [Int: Int]

    /// - Parameters:
    ///   - streams: Their names, from CPU 0 on.
    ///   - eventsRead: See `TraceAssembly.init`.
    init(_ header: TraceHeader, _ streams: [String], _ eventsRead: [Int]?) {
        self.header = header
        self.streams = streams
        self.eventsRead = eventsRead
        let counts = (0..<header.cpus).compactMap { cpu in
            (header.eventsReadSinceStart(cpu: cpu) ?? header.eventsRead(cpu: cpu)).map { ($0, cpu) }
        }
        cpus = Dictionary(counts) { first, _ in first }
    }

    /// The warnings about streams.
    func about(_ surveys: [StreamSurvey]) -> [String] {
        let counts = surveys.map(\.parts.count)
        var warnings = surveys.enumerated().flatMap { cpu, survey in about(survey, cpu) }
        if let least = counts.min(), let most = counts.max(), least < most {
            warnings.append(
                "the streams have \(least) to \(most) parts: the n-th file has the n-th part of each, which need not be of the same time"
            )
        }
        return warnings
    }

    private func about(_ survey: StreamSurvey, _ cpu: Int) -> [String] {
        let stream = streams[cpu]
        var warnings = survey.cuts.map { "\(stream): cut: \($0)" }
        if let first = survey.firstLeftOut {
            let (count, bytes) = (survey.pagesLeftOut, survey.pagesLeftOut * survey.pageSize)
            warnings.append("\(stream): pages left out: \(count) (\(bytes) bytes), the first: \(first)")
        }
        if survey.tornBytes > 0 {
            warnings.append(
                "\(stream): incomplete last page dropped (\(survey.tornBytes) of \(survey.pageSize) bytes)")
        }
        let total = survey.total
        if total.lost > 0 || total.uncountedLosses > 0 {
            let more =
                total.uncountedLosses > 0
                ? ", and an unknown number of events \(total.uncountedLosses) times" : ""
            // What the agent counts begins with the recording, what the pages say does not.
            let since = eventsRead == nil ? "" : ": those overwritten before the recording included"
            warnings.append(
                "CPU \(cpu): the kernel lost \(total.lost) events\(more), according to the pages\(since)")
        }
        // The kernel's counters began anew, at a reboot for instance.
        if survey.parts.count > 1 { return warnings }
        return warnings + [about(total, cpu)].compactMap(\.self)
    }

    /// Events that were read from a CPU's ring buffer, as the kernel counts them; `nil` if the header lacks the number.
    ///
    /// The header's numbers count since the agent last began to stream, or since the ring buffer was created or cleared.
    func eventsRead(cpu: Int) -> Int? {
        if let eventsRead { return cpu < eventsRead.count ? eventsRead[cpu] : nil }
        return header.eventsReadSinceStart(cpu: cpu) ?? header.eventsRead(cpu: cpu)
    }

    /// The warning about a stream whose number of events differs from the kernel's count.
    private func about(_ entry: StreamPart, _ cpu: Int) -> String? {
        if CPUStream.isUntraced(streams[cpu]) { return nil }
        guard let read = eventsRead(cpu: cpu), entry.events != read else { return nil }
        if eventsRead != nil {
            if entry.events > read { return nil }
            return "CPU \(cpu): \(read - entry.events) events are missing, or were read by another process"
        }
        if entry.events > 0, let other = cpus[entry.events] {
            return
                "\(streams[cpu]) has \(entry.events) events, as many as were read on CPU \(other), not on CPU \(cpu): check the order of the streams"
        }
        if entry.events > read { return nil }
        if header.eventsReadSinceStart(cpu: cpu) != nil {
            return
                "\(streams[cpu]) has \(entry.events) of the \(read) events that were read on CPU \(cpu) since the agent last began to stream: the others are missing, or not of this stream"
        }
        return
            "\(streams[cpu]) has \(entry.events) of the \(read) events that were read on CPU \(cpu) since its ring buffer was created or cleared: the others were read before this stream began, or are missing"
    }
}
