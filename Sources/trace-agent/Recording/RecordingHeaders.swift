import CommandSupport
import Reactor
import Synchronization
import TraceFile

/// Makes the trace headers of a recording: one before it begins, and one for each file that is assembled.
final class RecordingHeaders: Sendable {
    private let builder: HeaderBuilder
    /// Whether the files get only the formats of events that occur.
    let areCompact: Bool
    /// Formats of the first header are also in the later ones, which another thread makes: parts are assembled by one.
    private let formats: Mutex<FormatStore>

    init(_ builder: HeaderBuilder, areCompact: Bool) throws(Failure) {
        self.builder = builder
        self.areCompact = areCompact
        formats = Mutex(try wrappingSystemError { () throws(SystemError) in try FormatStore() })
    }

    /// Events that were read from each CPU's ring buffer until now, by CPU.
    var eventsRead: [Int] { builder.eventsRead }

    /// Writes the first header.
    ///
    /// It has no counters: those of the start would be compared with what is recorded after it.
    ///
    /// - Returns: What a decoder will lack, `nil` if nothing.
    func writeFirst(to file: NewFile) throws(TraceFileError) -> String? {
        builder.warning(about: try write(to: file, includesCounters: false))
    }

    /// Writes a later header: the names of tasks, the symbols of modules and the counters have changed.
    ///
    /// - Parameter path: A file that is there is replaced.
    /// - Returns: Which records will be shown as those of another event, `nil` if none.
    func writeLast(to path: String) throws(TraceFileError) -> String? {
        let file = try NewFile(at: path)
        let summary = try write(to: file, includesCounters: true)
        try file.replaceTarget()
        return HeaderBuilder.warning(aboutChanges: summary)
    }

    private func write(to file: NewFile, includesCounters: Bool) throws(TraceFileError) -> HeaderSummary {
        try formats.withLock { formats throws(TraceFileError) in
            try builder.write(
                to: file.content, includesAddresses: true, includesCounters: includesCounters, &formats)
        }
    }
}
