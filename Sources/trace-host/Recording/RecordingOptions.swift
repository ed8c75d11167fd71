import CommandSupport
import ControlProtocol

/// What a recording is asked for.
struct RecordingOptions {
    /// Whether a file that has the name of the output is replaced.
    let replaces: Bool
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
    /// What the agents are to record meanwhile; none: what the guests record anyway.
    let setup: TraceSetup
    let timeLine: TimeLinePlan

    /// A recording into the guests' ring buffers only, until a trigger.
    struct Flight {
        /// The file whose appearance is a trigger; `nil` for none.
        let file: String?
        /// How long the recording goes on after the trigger.
        let after: Interval?
    }
}
