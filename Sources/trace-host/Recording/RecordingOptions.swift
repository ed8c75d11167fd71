import CommandSupport

/// What a recording is asked for.
struct RecordingOptions {
    /// A trace header to use if an agent sends none.
    let header: String?
    let duration: Interval?
    let timeout: Interval
    /// When a part ends; `nil` for one file.
    let limits: PartLimits?
    /// `nil`: what is recorded comes at once.
    let flight: Flight?
    /// The program that the recording is about, and its arguments; empty for none.
    let command: [String]

    /// A recording into the guests' ring buffers only, until a trigger.
    struct Flight {
        /// The file whose appearance is a trigger; `nil` for none.
        let file: String?
        /// How long the recording goes on after the trigger.
        let after: Interval?
    }
}
