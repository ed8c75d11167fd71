import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// Changes settings of tracefs for a recording; what was there before is put back when it ends.
struct TraceSettings {
    private let tracefs: Tracefs
    private let putBack: PutBack

    init(in tracefs: Tracefs, _ putBack: PutBack) {
        self.tracefs = tracefs
        self.putBack = putBack
    }

    /// Sets what has to be set before the ring buffers are opened: their size, their clock, the tracer.
    ///
    /// - Throws: 64 with what the kernel offers, if it does not accept a value.
    func apply(_ setup: TraceSetup) throws(Failure) {
        // The agent sets and restores it; a sudden end leaves it to the helper.
        let percent = "buffer_percent"
        putBack.remember(.write(path: path(percent), value: try text(of: percent), emptied: false))
        if let kibibytes = setup.kibibytes { try setSize(kibibytes) }
        if let clock = setup.clock {
            let clocks = TraceClocks(try text(of: "trace_clock"))
            try set(
                "trace_clock", to: clock, from: clocks.current ?? TraceSetup.defaultClock, "--clock",
                offered: clocks.offered.joined(separator: " "))
        }
        if let tracer = setup.tracer {
            try set(
                "current_tracer", to: tracer, from: try text(of: "current_tracer"), "--tracer",
                offered: try text(of: "available_tracers"))
        }
    }

    /// Lets only what a process and its children do be recorded.
    func restrict(to pid: CInt) throws(Failure) {
        try set("options/event-fork", to: "1", from: try text(of: "options/event-fork"), "--only-command")
        let before = try words(of: "set_event_pid").joined(separator: " ")
        try set("set_event_pid", to: "\(pid)", from: before, "--only-command", emptied: true)
    }

    /// Leaves out the events of this process's threads, all of which have begun.
    func excludeThreads() throws(Failure) {
        let file = "set_event_notrace_pid"
        let before = try words(of: file)
        let own = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open("/proc/self/task", .directory).names()
        }
        // The kernel adds what is written to what is there, and can only be rid of all together.
        try set(
            file, to: (before + own).joined(separator: " "), from: before.joined(separator: " "),
            "--exclude-self", emptied: true)
    }

    private func words(of file: String) throws(Failure) -> [String] {
        try text(of: file).split(whereSeparator: \.isWhitespace).map(String.init)
    }

    private func setSize(_ kibibytes: Int) throws(Failure) {
        // "X": the CPUs have sizes of their own.
        if let size = RingGeometry.ringSize(fromBufferSize: try text(of: "buffer_size_kb")) {
            return try set("buffer_size_kb", to: "\(kibibytes)", from: "\(size >> 10)", "--buffer-size")
        }
        for cpu in try CPUList(ofSystem: "possible").cpus {
            let file = "per_cpu/cpu\(cpu)/buffer_size_kb"
            let size = RingGeometry.ringSize(fromBufferSize: try text(of: file)) ?? 0
            try set(file, to: "\(kibibytes)", from: "\(size >> 10)", "--buffer-size")
        }
    }

    private func path(_ file: String) -> String { "\(tracefs.directory)/\(file)" }

    private func text(of file: String) throws(Failure) -> String {
        let text = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open(path(file), .readOnly).readTextToEnd()
        }
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    private func set(
        _ file: String, to value: String, from before: String, _ option: String, offered: String = "",
        emptied: Bool = false
    ) throws(Failure) {
        let path = path(file)
        putBack.remember(.write(path: path, value: before, emptied: emptied))
        do throws(SystemError) {
            let mode: FileDescriptor.Mode = emptied ? [.writeOnly, .truncating] : .writeOnly
            _ = try FileDescriptor.open(path, mode).write(Array("\(value)\n".utf8))
        } catch {
            let reason =
                switch error.code {
                case .invalidArgument where !offered.isEmpty: "there are: \(offered)"
                case .busy: "\(error.code): another process reads these ring buffers"
                default: "\(error.code)"
                }
            throw Failure(.usage, "\(option) \(value): \(reason)")
        }
    }
}
