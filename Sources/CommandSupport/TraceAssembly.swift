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
            let warnings = AssemblyWarnings(header, streams, readBefore)
            for warning in warnings.about(contents) { log.warning("\(warning)") }
            return summary(of: contents, header, warnings)
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

    private func summary(
        of contents: [CPUStream.Contents], _ header: TraceHeader, _ warnings: AssemblyWarnings
    ) -> [String] {
        let columns = ["cpu", "pages", "events", "lost", "read events"]
        let rows = contents.enumerated().map { cpu, entry in
            let read = warnings.eventsRead(cpu: cpu).map { "\($0)" } ?? "?"
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
