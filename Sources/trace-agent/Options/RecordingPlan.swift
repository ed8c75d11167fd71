import CommandSupport
import ControlProtocol

/// What is to be recorded, where to, and for how long.
struct RecordingPlan {
    let path: String
    let common: CommonOptions
    /// Whether a file at `path` is replaced.
    var replaces = false
    var setup = TraceSetup()
    /// The trace instance to be made for the recording; `nil` to record one that is there.
    var ownInstance: String?
    /// Whether only the command and its children are recorded.
    var onlyCommand = false
    /// Whether events of the recording's own threads are left out.
    var excludesSelf = false
    /// Whether events have times of day.
    var hasDates = false
    /// Whether formats of events that do not occur are left out.
    var isCompact = false
    /// The file with what links FILE to others, which is read at the end; `nil` if nothing does.
    var linksPath: String?
    /// `nil`: one file.
    var limits: PartLimits?
    /// The program with which the recording ends; none to record until a signal.
    var command: [String] = []

    init(to path: String, _ common: CommonOptions) {
        self.path = path
        self.common = common
    }

    var instance: String? { ownInstance ?? common.tracing.instance }
}
