import Logging
import Reactor
import TraceFile

/// Makes a trace.dat of a header and streams, and says what is in it.
struct TraceAssembly {
    let header: String
    /// The first is CPU 0's.
    let streams: [String]
    let output: String
    /// Events that the kernel had read from each CPU's ring before these streams began; `nil` if nobody knows.
    var readBefore: [Int]?

    /// Checks everything, then writes the file in one go: until it is whole, what had its name before keeps it.
    ///
    /// - Parameter log: Hears what is not as it should be.
    /// - Returns: What is in it, for people, a line each.
    func make(_ log: Logger, isCancelled: () -> Bool = { false }) throws(Failure) -> [String] {
        let progress = ProgressLine("putting \(output) together")
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
            for doubt in doubts(about: contents, header) { log.warning("\(doubt)") }
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
        case .tooLarge, .cancelled: return Failure(.tryAgain, "\(output) is not made: \(error)")
        }
    }

    /// What can be doubted although every page is sound.
    private func doubts(about contents: [CPUStream.Contents], _ header: TraceHeader) -> [String] {
        var doubts: [String] = []
        for (cpu, entry) in contents.enumerated() {
            if entry.tornBytes > 0 {
                doubts.append(
                    "\(streams[cpu]): the last page is torn: its \(entry.tornBytes) bytes, of \(header.layout.pageSize), are left out"
                )
            }
            if entry.lost > 0 || entry.uncountedLosses > 0 {
                let more =
                    entry.uncountedLosses > 0
                    ? ", and some \(entry.uncountedLosses) times without a number" : ""
                doubts.append("CPU \(cpu): the kernel lost \(entry.lost) events\(more), as the pages say")
            }
            if let doubt = doubt(about: entry, cpu, header) { doubts.append(doubt) }
        }
        return doubts
    }

    /// Events that the kernel counts as read for a stream: since it began, or if nobody knows when that was, since the
    /// CPU's ring was made or emptied.
    private func eventsRead(_ cpu: Int, _ header: TraceHeader) -> Int? {
        guard let read = header.eventsRead(cpu: cpu) else { return nil }
        guard let readBefore, cpu < readBefore.count, readBefore[cpu] <= read else { return read }
        return read - readBefore[cpu]
    }

    /// Compares what a stream has with what the kernel counted.
    private func doubt(about entry: CPUStream.Contents, _ cpu: Int, _ header: TraceHeader) -> String? {
        guard let read = eventsRead(cpu, header), entry.events != read else { return nil }
        if readBefore != nil {
            if entry.events > read { return nil }
            return "CPU \(cpu): \(read - entry.events) events were read by somebody else, or are missing"
        }
        let other = (0..<header.cpus).first { header.eventsRead(cpu: $0) == entry.events }
        if entry.events > 0, let other {
            return
                "\(streams[cpu]) has \(entry.events) events, which is what was read on CPU \(other), not on CPU \(cpu): are the streams in order?"
        }
        if entry.events > read { return nil }
        return
            "\(streams[cpu]) has \(entry.events) of the \(read) events that were read on CPU \(cpu) since its ring was made or emptied: if not all were read before, the rest is missing"
    }

    private func summary(of contents: [CPUStream.Contents], _ header: TraceHeader) -> [String] {
        let columns = ["cpu", "pages", "events", "lost", "read by the kernel"]
        let rows = contents.enumerated().map { cpu, entry in
            let read = eventsRead(cpu, header).map { "\($0)" } ?? "?"
            let lost = "\(entry.lost)" + (entry.uncountedLosses > 0 ? "+" : "")
            return ["\(cpu)", "\(entry.pages)", "\(entry.events)", lost, read]
        }
        // What a guest says of itself goes to a terminal.
        let (machine, clock) = (
            Array(header.machine.utf8).escapedASCII, Array(header.clock.utf8).escapedASCII
        )
        return ["\(output): \(machine), clock \(clock)"] + Table(columns, rows).lines
    }
}
