import Glibc
import Support

/// What the files hold with which an instance is set up.
struct InstanceText: Equatable {
    let on: String
    let kib: String
    /// With its brackets.
    let clock: String
    let tracer: String
    let events: String
    let pids: String
    /// Those of the system `sched`.
    let filter: String

    init(
        on: String, kib: String, clock: String, tracer: String, events: String, pids: String, filter: String
    ) {
        (self.on, self.kib, self.clock, self.tracer) = (on, kib, clock, tracer)
        (self.events, self.pids, self.filter) = (events, pids, filter)
    }

    init(_ instance: TraceInstance) throws {
        on = try instance.get("tracing_on")
        kib = try instance.get("buffer_size_kb")
        clock = try String(
            instance.get("trace_clock").split(separator: " ").first { $0.hasPrefix("[") } ?? "")
        tracer = try instance.get("current_tracer")
        events = try instance.get("set_event").split(separator: "\n").sorted().joined(separator: " ")
        pids = try instance.get("set_event_pid")
        let folder = "\(instance.path)/events/sched"
        filter = try namesIn(folder).filter { access("\(folder)/\($0)/filter", F_OK) == 0 }.compactMap {
            let text = try instance.get("events/sched/\($0)/filter")
            return text == "none" ? nil : "\($0): \(text)"
        }.joined(separator: " ")
    }
}

/// What no order may change: the settings of the top-level ring buffers, and which instances there are.
struct TopLevel: Equatable {
    private let texts: [String]
    private let instances: [String]

    private static let files = [
        "tracing_on", "buffer_size_kb", "trace_clock", "current_tracer", "set_event", "set_event_pid",
        "events/enable", "events/sched/enable", "events/sched/sched_switch/filter",
        "events/sched/sched_switch/trigger", "set_ftrace_filter", "tracing_cpumask", "trace_options",
        "buffer_percent", "kprobe_events", "uprobe_events", "dynamic_events",
    ]

    init() {
        texts = Self.files.map { (try? readText("\(TraceInstance.top)/\($0)")) ?? "none" }
        // Those of tests that run at the same time are others.
        instances = ((try? namesIn("\(TraceInstance.top)/instances")) ?? []).filter {
            !$0.hasPrefix("trace-agent-")
        }
    }
}
