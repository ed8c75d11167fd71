import CommandSupport
import Logging
import Reactor

/// Enables events for a recording, and disables at its end those that it enabled.
final class EventSelection {
    private let tracefs: Tracefs
    private let enabled: FileDescriptor
    private let log: Logger
    /// Events that were enabled for the recording, as `system:event`.
    private var added: [String] = []

    /// The main scheduler events: recorded if no event is enabled and none is given.
    private static let defaultEvents = [
        "switch", "waking", "process_fork", "process_exec", "process_exit",
    ].map { "sched:sched_\($0)" }

    init(in tracefs: Tracefs, _ log: Logger) throws(Failure) {
        enabled = try tracefs.open("set_event", .readWrite)
        self.tracefs = tracefs
        self.log = log
    }

    /// Enables the events that are given.
    ///
    /// If no event is enabled and none is given, the main scheduler events are recorded, unless a tracer is set.
    ///
    /// - Throws: A failure of status 64 if an event does not exist.
    func switchOn(_ wanted: [String]) throws(Failure) {
        let before = try wrappingSystemError { () throws(SystemError) in try Self.list(enabled) }
        let tracer = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open("\(tracefs.directory)/current_tracer", .readOnly).contents()
        }
        let isOn = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open("\(tracefs.directory)/tracing_on", .readOnly).contents()
        }
        if isOn.hasPrefix("0") {
            log.warning("tracing is off, nothing is recorded: echo 1 > \(tracefs.directory)/tracing_on")
        }
        var names = wanted
        if wanted.isEmpty, before.isEmpty, tracer.hasPrefix("nop") {
            log.notice("no event is enabled and none is given: the main scheduler events are recorded")
            names = Self.defaultEvents
        }
        for name in names {
            do throws(SystemError) {
                // A write that fails can have enabled some events.
                defer { added = ((try? Self.list(enabled)) ?? []).filter { !before.contains($0) } }
                _ = try enabled.write(Array("\(name)\n".utf8))
            } catch {
                let reason = error.code == .invalidArgument ? "no such event" : "\(error.code)"
                throw Failure(.usage, "--event \(name): \(reason), see \(tracefs.directory)/available_events")
            }
        }
    }

    private static func list(_ file: borrowing FileDescriptor) throws(SystemError) -> [String] {
        try file.rewind()
        return try file.readTextToEnd().split(separator: "\n").map { String($0) }
    }

    /// Disables the events that were enabled for the recording.
    func restore() {
        // Another recording of the same ring buffers does this when it ends.
        let now = (try? Self.list(enabled)) ?? []
        if let gone = added.first(where: { !now.contains($0) }) {
            log.warning(
                "another process disabled \(gone) during the recording: its later events are not recorded")
        }
        for name in added {
            do throws(SystemError) {
                _ = try enabled.write(Array("!\(name)\n".utf8))
            } catch {
                log.warning("cannot disable \(name), it stays enabled: \(error.code)")
            }
        }
        added.removeAll()
    }
}
