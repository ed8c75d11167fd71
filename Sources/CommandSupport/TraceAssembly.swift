import Logging
import Reactor
import TraceFile

/// Makes a trace.dat from a trace header and streams, and summarizes its contents.
package struct TraceAssembly {
    private let header: String
    /// One file per CPU, from CPU 0 on; `nil` for a CPU without one.
    private let files: [String?]
    /// Their names in messages.
    private var streams: [String] { files.enumerated().map { cpu, file in file ?? "CPU \(cpu)" } }
    private let output: String
    private let replaces: Bool
    /// Events that were read from each CPU's ring buffer for these streams; `nil` if only the header has a number.
    private let eventsRead: [Int]?
    private let salvaging: Bool
    private let isCompact: Bool
    private let format: TraceFileFormat?
    private let links: [TimeLineOption]

    /// - Parameters:
    ///   - replaces: Whether a file that has the name `output` is replaced.
    ///   - salvaging: Whether damaged streams are cut and freed of what is no page, instead of being refused.
    ///   - isCompact: Whether the file gets only the formats of events that occur.
    ///   - format, links: See `Assembly.init`.
    package init(
        header: String, streams: [String?], output: String, replaces: Bool, eventsRead: [Int]? = nil,
        salvaging: Bool = false, isCompact: Bool = false, format: TraceFileFormat? = nil,
        linkedBy links: [TimeLineOption] = []
    ) {
        self.header = header
        files = streams
        self.output = output
        self.replaces = replaces
        self.eventsRead = eventsRead
        self.salvaging = salvaging
        self.isCompact = isCompact
        self.format = format
        self.links = links
    }

    /// Checks all pages, then writes the file; a file that had its name is replaced only when the new one is complete.
    ///
    /// - Parameters:
    ///   - log: Gets the warnings about the recording.
    ///   - isCancelled: Called between steps; `true` ends the work, and no file is written.
    /// - Returns: The lines of the summary.
    package func make(_ log: Logger, isCancelled: () -> Bool = { false }) throws(Failure) -> [String] {
        let progress = ProgressLine("assembling \(output)")
        defer { progress.clear() }
        do throws(TraceFileError) {
            let header = try TraceHeader(opening: header)
            var open: [CPUStream] = []
            for path in files { open.append(try CPUStream(opening: path ?? CPUStream.untraced)) }
            var assembly = try Assembly(header, open, as: format, linkedBy: links)
            try assembly.refuse(asOutput: output)
            // Each byte is checked, and copied.
            let total = 2 * (try assembly.size())
            var done = 0
            let step = { (count: Int) throws(TraceFileError) in
                done += count
                // A recording that goes on has more bytes by now.
                progress.show(min(done, total), of: total)
                if isCancelled() { throw .cancelled }
            }
            let types = isCompact ? EventTypes() : nil
            let surveys = try assembly.survey(salvaging: salvaging, types: types, progress: step)
            if let types { assembly = try assembly.compacted(to: types) }
            let contents = Assembly.files(surveys)
            let files = try newFiles(contents.count)
            for (entry, file) in zip(contents, files) {
                try assembly.write(entry, to: file.content, progress: step)
            }
            // The user has named the first one only: the others replace nothing.
            for file in files.dropFirst() { try file.linkIntoPlace() }
            if replaces { try files[0].replaceTarget() } else { try files[0].linkIntoPlace() }
            progress.clear()
            let warnings = AssemblyWarnings(header, streams, eventsRead)
            for warning in warnings.about(surveys) { log.warning("\(warning)") }
            return zip(contents, files).flatMap { entry, file in
                summary(of: entry, file.content.name, header, contents.count == 1 ? warnings : nil)
            }
        } catch {
            throw explain(error)
        }
    }

    private func newFiles(_ count: Int) throws(TraceFileError) -> [NewFile] {
        var files = [try NewFile(at: output, replacing: replaces)]
        for number in 1...count where number > 1 {
            let name = name(ofFile: number)
            if FileDescriptor.resolve(name) != nil {
                throw .malformed(file: name, problem: "exists: remove it, or choose another output file")
            }
            files.append(try NewFile(at: name))
        }
        return files
    }

    /// `trace.dat`, `trace.2.dat`, `trace.3.dat` ...
    private func name(ofFile number: Int) -> String {
        let ending = ".dat"
        if number == 1 { return output }
        return output.hasSuffix(ending)
            ? "\(output.dropLast(ending.count)).\(number)\(ending)" : "\(output).\(number)"
    }

    private func explain(_ error: TraceFileError) -> Failure {
        switch error {
        case .malformed: return Failure(.dataError, "\(error)")
        case .exists: return Failure(.usage, "\(error)")
        case .damagedStream:
            return Failure(
                .dataError,
                "\(error); \(ProgramName.own) assemble --salvage keeps what is left, a file for each part of it"
            )
        case .system(let file, let cause) where !([header] + streams).contains(file):
            let remedy = cause.code.meansFull ? ": make room" : ""
            return Failure(.outputFailed, "cannot write \(file): \(cause.code)\(remedy)")
        case .system(let file, let cause): return Failure(.noInput, "cannot read \(file): \(cause.code)")
        case .tooLarge, .cancelled: return Failure(.tryAgain, "\(output) is not written: \(error)")
        }
    }

    /// - Parameter warnings: What knows the kernel's counts; `nil` if they are not those of this file.
    private func summary(
        of contents: [StreamPart], _ name: String, _ header: TraceHeader, _ warnings: AssemblyWarnings?
    ) -> [String] {
        let columns = ["cpu", "pages", "events", "lost", "read events"]
        let rows = contents.enumerated().map { cpu, entry in
            let read = warnings?.eventsRead(cpu: cpu).map { "\($0)" } ?? "?"
            let lost = "\(entry.lost)" + (entry.uncountedLosses > 0 ? "+" : "")
            return ["\(cpu)", "\(entry.pages)", "\(entry.events)", lost, read]
        }
        // These texts come from a guest: control characters must not reach the terminal.
        let (machine, clock) = (
            Array(header.machine.utf8).escapedASCII, Array(header.clock.utf8).escapedASCII
        )
        return ["\(name): \(machine), clock \(clock)"] + Table(columns, rows).lines
    }
}
