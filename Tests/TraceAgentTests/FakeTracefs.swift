import Glibc
import Logging
import Reactor
import Support
import TraceFile

@testable import trace_agent

/// A folder with the files of tracefs that a trace header is made from.
final class FakeTracefs {
    private let folder = TemporaryFolder()
    /// What was made, in this order.
    private var made: [String] = []

    var path: String { folder.path }

    static let stats = "entries: 7\noverrun: 1\ncommit overrun: 0\ndropped events: 0\nread events: 3\n"

    /// - Parameter commandLines: Bytes of `saved_cmdlines`: it makes headers large that take little time to write.
    init(commandLines: Int = 0) throws {
        let kernel = ForeignKernel()
        for name in ["events", "events/ftrace", "events/sched", "per_cpu", "per_cpu/cpu0"] {
            try makeFolder(name)
        }
        for (system, event, id) in [("ftrace", "print", 5), ("sched", "sched_switch", 300)] {
            try makeFolder("events/\(system)/\(event)")
            try set("events/\(system)/\(event)/format", Self.format(event, id))
        }
        // `events` has files beside the folders, and folders of systems have some beside the events.
        try set("events/enable", "0\n")
        try set("events/sched/enable", "0\n")
        try set("events/header_page", kernel.headerPage)
        try set("events/header_event", ForeignKernel.headerEvent)
        try set("printk_formats", "0xffffffff82000000 : \"text\"\n")
        try set("saved_cmdlines", String(repeating: "4242 task\n", count: 1 + commandLines / 10))
        try set("trace_clock", "[local] global counter\n")
        try set(
            "kallsyms", "ffffffff81000000 T _text\n0000000000000100 A offset\nffffffff81000100 t second\n")
        try set("per_cpu/cpu0/stats", Self.stats)
        try set("per_cpu/cpu0/buffer_size_kb", "64\n")
        try set("per_cpu/cpu0/trace_pipe_raw", "")
    }

    deinit {
        for name in made.reversed() where unlink("\(path)/\(name)") == -1 { rmdir("\(path)/\(name)") }
    }

    static func format(_ event: String, _ id: Int) -> String {
        "name: \(event)\nID: \(id)\nformat:\n\nprint fmt: \"\"\n"
    }

    /// The files of set-up, which record nothing.
    func setupFiles() throws -> SetupFiles {
        for name in ["set_event", "available_events", "set_event_pid", "available_tracers", "current_tracer"]
        {
            try set(name, "")
        }
        for name in ["tracing_on", "buffer_size_kb"] { try set(name, "0\n") }
        return try SetupFiles(in: try Tracefs(at: path, instance: nil))
    }

    /// Adds an event of the system `sched`; `remove` ends it.
    func addEvent(_ event: String, id: Int) throws {
        try makeFolder("events/sched/\(event)")
        try set("events/sched/\(event)/format", Self.format(event, id))
    }

    func makeFolder(_ name: String) throws {
        guard mkdir("\(path)/\(name)", 0o755) == 0 else { throw TestFailure("cannot make \(name)") }
        made.append(name)
    }

    /// Writes a file, which is made if need be.
    func set(_ name: String, _ text: String) throws { try set(name, Array(text.utf8)) }

    func set(_ name: String, _ bytes: [UInt8]) throws {
        try writeBytes("\(path)/\(name)", bytes)
        if !made.contains(name) { made.append(name) }
    }

    func remove(_ name: String) { unlink("\(path)/\(name)") }

    var events: NamedFile {
        get throws { NamedFile(try .open("\(path)/events", .readOnly), name: "events") }
    }

    func ring(cpu: Int = 0) throws -> Ring {
        func open(_ name: String) throws -> FileDescriptor {
            try .open("\(path)/per_cpu/cpu0/\(name)", .readOnly)
        }
        return Ring(
            cpu: cpu, pages: try open("trace_pipe_raw"), stats: try open("stats"),
            size: try open("buffer_size_kb"))
    }

    func builder(
        bootID: String? = "0123456789abcdef0123456789ABCDEF", addressesForGroup: Bool = true,
        removing name: String? = nil, log: Logger = TestLog().logger
    ) throws -> HeaderBuilder {
        let folder = try Tracefs(at: path, instance: nil)
        if let name { remove(name) }
        return HeaderBuilder(
            folder, [try ring()], symbols: "\(path)/kallsyms", bootID: bootID,
            addressesForGroup: addressesForGroup, log: log)
    }

    /// A worker that builds headers of this folder, with addresses for all.
    func worker() throws -> HeaderWorker { try HeaderWorker(try builder(), confinement: nil) }
}
