import Logging
import Reactor
import TraceFile

/// Makes a trace.dat from a trace header and streams, and summarizes its contents.
package struct TraceAssembly {
    private let header: String
    /// One file per CPU, from CPU 0 on.
    private let streams: [String]
    private let output: String
    /// Events that had been read from each CPU's ring buffer before these streams began; `nil` if unknown.
    private let readBefore: [Int]?

    package init(header: String, streams: [String], output: String, readBefore: [Int]? = nil) {
        self.header = header
        self.streams = streams
        self.output = output
        self.readBefore = readBefore
    }

    /// Checks all pages, then writes the file; a file that had its name is replaced only when the new one is complete.
    ///
    /// - Parameters:
    ///   - log: Gets the warnings about the recording.
    ///   - isCancelled: Called between steps; `true` ends the work, and no file is written.
    /// - Returns: The lines of the summary.
    package func make(_ log: Logger, isCancelled: () -> Bool = { false }) throws(Failure) -> [String] {
        let progress = ProgressLine("assembling \(output)")
        let step = { (done: Int, total: Int) throws(TraceFileError) in
            progress.show(done, of: total)
            if isCancelled() { throw .cancelled }
        }
        defer { progress.clear() }
        do throws(TraceFileError) {
            let header = try TraceHeader(opening: header)
            var open: [CPUStream] = []
            for path in streams { open.append(try CPUStream(opening: path)) }
            let assembly = try Assembly(header, open)
            try assembly.refuse(asOutput: output)
            let contents = try assembly.survey(progress: step)
            let file = try NewFile(at: output)
            try assembly.write(contents, to: file.content, progress: step)
            try file.replaceTarget()
            progress.clear()
            for warning in warnings(about: contents, header) { log.warning("\(warning)") }
            return summary(of: contents, header)
        } catch {
            throw explain(error)
        }
    }

    private func explain(_ error: TraceFileError) -> Failure {
        switch error {
        case .malformed: return Failure(.dataError, "\(error)")
        case .system(let file, let cause) where file == output:
            let remedy = cause.code.meansFull ? ": make room" : ""
            return Failure(.outputFailed, "cannot write \(file): \(cause.code)\(remedy)")
        case .system(let file, let cause): return Failure(.noInput, "cannot read \(file): \(cause.code)")
        case .tooLarge, .cancelled: return Failure(.tryAgain, "\(output) is not written: \(error)")
        }
    }

    /// The warnings about a recording whose pages are all valid.
    private func warnings(about contents: [CPUStream.Contents], _ header: TraceHeader) -> [String] {
        var warnings: [String] = []
        for (cpu, entry) in contents.enumerated() {
            if entry.tornBytes > 0 {
                warnings.append(
                    "\(streams[cpu]): incomplete last page dropped (\(entry.tornBytes) of \(header.layout.pageSize) bytes)"
                )
            }
            if entry.lost > 0 || entry.uncountedLosses > 0 {
                let more =
                    entry.uncountedLosses > 0
                    ? ", and an unknown number of events \(entry.uncountedLosses) times" : ""
                warnings.append(
                    "CPU \(cpu): the kernel lost \(entry.lost) events\(more), according to the pages")
            }
            if let warning = warning(about: entry, cpu, header) { warnings.append(warning) }
        }
        return warnings
    }

    /// Events that were read from a CPU's ring buffer, as the kernel counts them; `nil` if the header lacks the number.
    ///
    /// They count from the start of the stream, or if `readBefore` is unknown, since the ring buffer was created or
    /// cleared.
    private func eventsRead(_ cpu: Int, _ header: TraceHeader) -> Int? {
        guard let read = header.eventsRead(cpu: cpu) else { return nil }
        guard let readBefore, cpu < readBefore.count, readBefore[cpu] <= read else { return read }
        return read - readBefore[cpu]
    }

    /// The warning about a stream whose number of events differs from the kernel's count.
    private func warning(about entry: CPUStream.Contents, _ cpu: Int, _ header: TraceHeader) -> String? {
        guard let read = eventsRead(cpu, header), entry.events != read else { return nil }
        if readBefore != nil {
            if entry.events > read { return nil }
            return "CPU \(cpu): \(read - entry.events) events are missing, or were read by another process"
        }
        let other = (0..<header.cpus).first { header.eventsRead(cpu: $0) == entry.events }
        if entry.events > 0, let other {
            return
                "\(streams[cpu]) has \(entry.events) events, as many as were read on CPU \(other), not on CPU \(cpu): check the order of the streams"
        }
        if entry.events > read { return nil }
        return
            "\(streams[cpu]) has \(entry.events) of the \(read) events that were read on CPU \(cpu) since its ring buffer was created or cleared: the others were read before this stream began, or are missing"
    }

    private func summary(of contents: [CPUStream.Contents], _ header: TraceHeader) -> [String] {
        let columns = ["cpu", "pages", "events", "lost", "read events"]
        let rows = contents.enumerated().map { cpu, entry in
            let read = eventsRead(cpu, header).map { "\($0)" } ?? "?"
            let lost = "\(entry.lost)" + (entry.uncountedLosses > 0 ? "+" : "")
            return ["\(cpu)", "\(entry.pages)", "\(entry.events)", lost, read]
        }
        // These texts come from a guest: control characters must not reach the terminal.
        let (machine, clock) = (
            Array(header.machine.utf8).escapedASCII, Array(header.clock.utf8).escapedASCII
        )
        return ["\(output): \(machine), clock \(clock)"] + Table(columns, rows).lines
    }
}
