import CommandSupport

/// What a recording is asked for.
struct RecordingOptions {
    let folder: String
    let output: String
    /// A trace header to use if the agent sends none.
    let header: String?
    let duration: Interval?
    let timeout: Interval
    /// The program that the recording is about, and its arguments; empty for none.
    let command: [String]
    var timeLine = TimeLinePlan()
}
