import CommandSupport
import ControlProtocol

/// What a recording is asked for.
struct RecordingOptions {
    let guest: GuestPorts
    let output: String
    /// Whether a file at `output` is replaced.
    let replaces: Bool
    /// A trace header to use if the agent sends none.
    let header: String?
    let duration: Interval?
    let timeout: Interval
    /// The program that the recording is about, and its arguments; empty for none.
    let command: [String]
    /// What the agent is to record meanwhile; none: what the guest records anyway.
    var setup = TraceSetup()
    var timeLine = TimeLinePlan()
}
