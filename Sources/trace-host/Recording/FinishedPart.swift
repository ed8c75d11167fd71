import CommandSupport
import TraceFile

/// A part whose pages have all come, and what is needed to make its trace.dat.
struct FinishedPart: Sendable {
    var part: RecordingPart
    /// The header to be used.
    var header: String
    /// Bytes at the start of each CPU's stream that do not belong to the recording.
    let excess: [Int: Int]
    /// What links the file to those of the host and other guests.
    let links: [TimeLineOption]
    /// A file that is read together with the host's has version 6: the name of a trace instance would be in the way of the
    /// events' own.
    var format: TraceFileFormat? {
        links.contains { if case .timeShift = $0 { true } else { false } } ? .version6 : nil
    }
}
