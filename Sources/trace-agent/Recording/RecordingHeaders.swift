import CommandSupport
import Reactor
import Synchronization
import TraceFile

/// Makes the trace headers of a recording: one before it begins, and one for each file that is assembled.
final class RecordingHeaders: Sendable {
    private let builder: HeaderBuilder
    /// Whether the files get only the formats of events that occur.
    let areCompact: Bool
    /// The file with what links the files to others; `nil` if nothing does.
    let linksPath: String?
    /// What later headers, which another thread makes if there are parts, take over from earlier ones.
    private let kept: Mutex<Kept>

    private struct Kept: Sendable {
        /// Those of events that are gone by now, too.
        var formats: FormatStore
        /// The clock of the timestamps in the header before; `nil` before the first one.
        var clock: String?
    }

    init(_ builder: HeaderBuilder, areCompact: Bool, linksPath: String?) throws(Failure) {
        self.builder = builder
        self.areCompact = areCompact
        self.linksPath = linksPath
        let formats = try wrappingSystemError { () throws(SystemError) in try FormatStore() }
        kept = Mutex(Kept(formats: formats))
    }

    /// Events that were read from each CPU's ring buffer until now, by CPU.
    var eventsRead: [Int] { builder.eventsRead }

    /// Writes the first header.
    ///
    /// It has no counters: those of the start would be compared with what is recorded after it.
    ///
    /// - Returns: What is wrong with it, a sentence each.
    func writeFirst(to file: NewFile) throws(TraceFileError) -> [String] {
        let (summary, _) = try write(to: file, includesCounters: false)
        return [builder.warning(about: summary)].compactMap(\.self)
    }

    /// Writes a later header: the names of tasks, the symbols of modules and the counters have changed.
    ///
    /// - Parameter path: A file that is there is replaced.
    /// - Returns: Which records will be shown as those of another event, or with a wrong time; a sentence each.
    func writeLast(to path: String) throws(TraceFileError) -> [String] {
        let file = try NewFile(at: path, isPrivate: true)
        let (summary, clock) = try write(to: file, includesCounters: true)
        try file.replaceTarget()
        var warnings = [HeaderBuilder.warning(aboutChanges: summary)].compactMap(\.self)
        if let clock, clock != summary.clock {
            warnings.append(
                "trace_clock was changed from \(clock) to \(summary.clock) during the recording: the times before are of another clock"
            )
        }
        return warnings
    }

    /// - Returns: What is in the header, and the clock of the header before it.
    private func write(
        to file: NewFile, includesCounters: Bool
    ) throws(TraceFileError) -> (HeaderSummary, clockBefore: String?) {
        try kept.withLock { kept throws(TraceFileError) in
            let summary = try builder.write(
                to: file.content, includesAddresses: true, includesCounters: includesCounters, &kept.formats)
            defer { kept.clock = summary.clock }
            return (summary, kept.clock)
        }
    }
}
