import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// The files with which it is set what the agent's own trace instance records.
///
/// All but two kinds stay open over the drop of privileges, and need none any more: the filters, one an event, and
/// `set_event_pid`, which is only emptied by opening it.
struct SetupFiles: Sendable {
    let events: EventFiles
    private let folder: NamedFile
    /// `set_event_pid`, for the rule that lets it be opened again.
    private let pidFile: NamedFile
    private let fixed: [Setting: NamedFile]
    private let tracers: NamedFile

    /// A file that holds one value.
    enum Setting: String, CaseIterable, Sendable {
        case tracingOn = "tracing_on"
        case tracer = "current_tracer"
        case clock = "trace_clock"
        case size = "buffer_size_kb"
    }

    init(in tracefs: Tracefs) throws(Failure) {
        events = try EventFiles(in: tracefs)
        folder = NamedFile(try tracefs.open("", .directory), name: tracefs.directory)
        pidFile = NamedFile(try tracefs.open(Self.pidName, .readOnly), name: Self.pidName)
        tracers = NamedFile(try tracefs.open("available_tracers", .readOnly), name: "available_tracers")
        var fixed: [Setting: NamedFile] = [:]
        for setting in Setting.allCases {
            fixed[setting] = NamedFile(
                try tracefs.open(setting.rawValue, .readWrite), name: setting.rawValue)
        }
        self.fixed = fixed
    }

    private static let pidName = "set_event_pid"

    /// Allows a thread to open what has to be opened again.
    func allow(_ rules: borrowing LandlockRules) throws(SystemError) {
        try rules.allowWriting(events.folder.descriptor)
        try rules.allowWriting(pidFile.descriptor)
    }

    /// The user that may write these files: root, or that of tracefs's mount option `uid=`.
    var owner: UInt32 { get throws(SystemError) { try pidFile.descriptor.owner() } }

    func set(_ setting: Setting, to value: String) throws(SystemError) {
        // Not pwrite(2), which trace_clock refuses.
        _ = try fixed[setting]?.descriptor.write(Array("\(value)\n".utf8))
    }

    /// Whether it records: triggers of events can have turned it off.
    var isOn: Bool { (try? fixed[.tracingOn]?.descriptor.contents())?.first == "1" }

    /// Lets only these threads be recorded; none: all.
    func set(pids: [Int]) throws(SystemError) {
        let file = try folder.descriptor.open(Self.pidName, [.writeOnly, .truncating])
        if !pids.isEmpty {
            _ = try file.write(Array((pids.map(String.init).joined(separator: " ") + "\n").utf8))
        }
    }

    var offeredTracers: [String] {
        get throws(SystemError) {
            try tracers.descriptor.contents().split(whereSeparator: \.isWhitespace).map { String($0) }
        }
    }

    var offeredClocks: [String] {
        get throws(SystemError) { TraceClocks(try fixed[.clock]?.descriptor.contents() ?? "").offered }
    }
}
