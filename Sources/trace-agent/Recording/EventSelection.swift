import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// Enables events for a recording, and disables at its end those that it enabled.
final class EventSelection {
    private let tracefs: Tracefs
    private let files: EventFiles
    private let putBack: PutBack
    private let log: Logger
    /// Events that were enabled for the recording, as `system:event`.
    private var added: [String] = []

    /// The main scheduler events: recorded if no event is enabled and none is given.
    private static let defaultEvents = [
        "switch", "waking", "process_fork", "process_exec", "process_exit",
    ].compactMap { EventChoice("sched:sched_\($0)") }

    private var enabledPath: String { "\(tracefs.directory)/set_event" }

    init(in tracefs: Tracefs, _ putBack: PutBack, _ log: Logger) throws(Failure) {
        files = try EventFiles(in: tracefs)
        self.tracefs = tracefs
        self.putBack = putBack
        self.log = log
    }

    /// Enables the events that are given, each once its filter is set.
    ///
    /// If no event is enabled and none is given, the main scheduler events are recorded, unless a tracer is set.
    ///
    /// - Throws: A failure of status 64 if an event does not exist, or a filter is wrong.
    func switchOn(_ wanted: [EventChoice]) throws(Failure) {
        let before = try wrappingSystemError { () throws(SystemError) in try files.enabled }
        if TracingSwitch(in: tracefs).isOn == false {
            log.warning("tracing is off, nothing is recorded: echo 1 > \(tracefs.directory)/tracing_on")
        }
        let tracer = try wrappingSystemError { () throws(SystemError) in
            try FileDescriptor.open("\(tracefs.directory)/current_tracer", .readOnly).contents()
        }
        var choices = wanted
        if wanted.isEmpty, before.isEmpty, tracer.hasPrefix("nop") {
            log.notice("no event is enabled and none is given: the main scheduler events are recorded")
            choices = Self.defaultEvents
        }
        let available = try wrappingSystemError { () throws(SystemError) in try files.available }
        for choice in choices {
            let events = available.filter(choice.matches)
            if let filter = choice.filter { try set(filter, for: events) }
            try enable(choice, events, besides: before)
        }
    }

    /// Enables `events`, which are those that a choice is about.
    private func enable(_ choice: EventChoice, _ events: [String], besides before: [String]) throws(Failure) {
        let known = Set(before + added)
        let new = events.filter { !known.contains($0) }
        for event in new {
            putBack.remember(.write(path: enabledPath, value: "!\(event)", emptied: false))
        }
        do throws(SystemError) {
            if events.isEmpty { throw SystemError(call: "", subject: "", code: .invalidArgument) }
            for name in choice.isPattern ? events : [choice.name] {
                try files.enable(name)
            }
            added += new
        } catch {
            let reason = error.code == .invalidArgument ? "no such event" : "\(error.code)"
            throw Failure(
                .usage, "--event \(choice.name): \(reason), see \(tracefs.directory)/available_events")
        }
    }

    /// Sets a filter for events, `system:event`; it is put back when the recording ends.
    private func set(_ filter: String, for events: [String]) throws(Failure) {
        for event in events {
            let path = "\(tracefs.directory)/events/\(EventFiles.filterPath(event))"
            do throws(SystemError) {
                putBack.remember(.write(path: path, value: try files.filter(of: event), emptied: false))
                try files.setFilter(filter, of: event)
            } catch {
                throw Failure(.usage, "--filter '\(filter)' of \(event): \(files.reason(of: error))")
            }
        }
    }

    /// Disables the events that were enabled for the recording.
    func restore() {
        guard !added.isEmpty else { return }
        let now = Set((try? files.enabled) ?? [])
        if let gone = added.first(where: { !now.contains($0) }) {
            log.warning(
                "another process disabled \(gone) during the recording: its later events are not recorded")
        }
        for name in added {
            do throws(SystemError) {
                try files.disable(name)
            } catch {
                log.warning("cannot disable \(name), it stays enabled: \(error.code)")
            }
        }
        added.removeAll()
        putBack.remember(.forget(path: enabledPath))
    }
}
