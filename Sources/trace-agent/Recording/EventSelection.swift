import CommandSupport
import Logging
import Reactor

/// Events that are on while a recording is made: those that it has switched on are switched off again at the end.
final class EventSelection {
    private let tracefs: Tracefs
    private let enabled: FileDescriptor
    private let log: Logger
    /// What was switched on, as `system:event`.
    private var added: [String] = []

    /// What is recorded where nothing is on and nobody has asked for anything.
    private static let usual = ["switch", "waking", "process_fork", "process_exec", "process_exit"].map {
        "sched:sched_\($0)"
    }

    init(in tracefs: Tracefs, _ log: Logger) throws(Failure) {
        enabled = try tracefs.open("set_event", .readWrite)
        self.tracefs = tracefs
        self.log = log
    }

    /// Switches on what is asked for; where nothing is on and nothing asked for, the scheduler's events.
    ///
    /// - Throws: 64 if there is no such event.
    func switchOn(_ wanted: [String]) throws(Failure) {
        let before = try wrappingSystemError { () throws(SystemError) in try Self.list(enabled) }
        let tracer = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open("\(tracefs.directory)/current_tracer", .readOnly).contents()
        }
        let isOn = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open("\(tracefs.directory)/tracing_on", .readOnly).contents()
        }
        if isOn.hasPrefix("0") {
            log.warning("nothing is recorded: echo 1 > \(tracefs.directory)/tracing_on")
        }
        var names = wanted
        if wanted.isEmpty, before.isEmpty, tracer.hasPrefix("nop") {
            log.notice("no event is on: the scheduler's main ones are, for as long as this records")
            names = Self.usual
        }
        for name in names {
            do throws(SystemError) {
                // What fails may have switched some on.
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

    /// Switches off what was switched on.
    func restore() {
        // Another recording of the same rings that ends does that.
        let now = (try? Self.list(enabled)) ?? []
        if let gone = added.first(where: { !now.contains($0) }) {
            log.warning(
                "somebody has switched \(gone) off meanwhile: what came later is not in this recording")
        }
        for name in added {
            do throws(SystemError) {
                _ = try enabled.write(Array("!\(name)\n".utf8))
            } catch {
                log.warning("\(name) stays on: \(error.code)")
            }
        }
        added.removeAll()
    }
}
