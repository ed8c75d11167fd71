import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// The files of an instance that decide which events are recorded.
///
/// Those that stay open can be used without any privilege; the filters, one an event, are opened as they are needed.
struct EventFiles: Sendable {
    /// `events` of the instance.
    let folder: NamedFile
    private let enabledFile: NamedFile
    private let availableFile: NamedFile
    /// `nil`: a kernel before 5.2.
    private let errors: NamedFile?

    init(in tracefs: Tracefs) throws(Failure) {
        folder = NamedFile(try tracefs.open("events", .directory), name: "events")
        enabledFile = NamedFile(try tracefs.open("set_event", .readWrite), name: "set_event")
        // Only the top has it: it is about all instances.
        availableFile = NamedFile(
            try tracefs.openTop("available_events", .readOnly), name: "available_events")
        errors = try? NamedFile(tracefs.open("error_log", .readOnly), name: "error_log")
    }

    /// Every event, as `system:event`.
    var available: [String] { get throws(SystemError) { try availableFile.lines() } }

    /// The events that are enabled, as `system:event`.
    var enabled: [String] { get throws(SystemError) { try enabledFile.lines() } }

    /// Enables events by a name that `set_event` takes.
    func enable(_ name: String) throws(SystemError) { try write(name) }

    func disable(_ name: String) throws(SystemError) { try write("!\(name)") }

    private func write(_ text: String) throws(SystemError) {
        _ = try enabledFile.descriptor.write(Array("\(text)\n".utf8))
    }

    /// Where the filter of an event, `system:event`, is below the folder.
    static func filterPath(_ event: String) -> String { "\(event.replacing(":", with: "/"))/filter" }

    /// What removes the filter of an event.
    static let noFilter = "0"

    /// The filter of an event as it can be set again.
    func filter(of event: String) throws(SystemError) -> String {
        let text = try folder.descriptor.open(Self.filterPath(event), .readOnly).contents().prefix {
            !$0.isNewline
        }
        return text == "none" ? Self.noFilter : String(text)
    }

    func setFilter(_ filter: String, of event: String) throws(SystemError) {
        _ = try folder.descriptor.open(Self.filterPath(event), .writeOnly).write(Array("\(filter)\n".utf8))
    }

    /// Lets the kernel turn the tracing off whenever an event occurs, enabled or not.
    ///
    /// - Throws: 64 if there is no such event, or the kernel refuses its filter.
    func endTracing(on choice: EventChoice) throws(Failure) {
        do throws(SystemError) {
            let events = try available.filter(choice.matches)
            guard events.count == 1 else {
                throw SystemError(call: "trigger", subject: choice.name, code: .invalidArgument)
            }
            let text = "traceoff\(choice.filter.map { " if \($0)" } ?? "")\n"
            let file = try folder.descriptor.open(
                "\(events[0].replacing(":", with: "/"))/trigger", .writeOnly)
            _ = try file.write(Array(text.utf8))
        } catch {
            throw Failure(.usage, "--dump-on \(choice.name): not one event, or \(reason(of: error))")
        }
    }

    /// The kernel's own words for what is wrong with what was written last: it adds them to `error_log`.
    func reason(of error: SystemError) -> String {
        // Without the log, the error's name has to do.
        let last = (try? errors?.lines())?.last { $0.contains(": error: ") }
        guard error.code == .invalidArgument, let last, let range = last.firstRange(of: ": error: ") else {
            return "\(error.code)"
        }
        return String(last[range.upperBound...])
    }
}

extension NamedFile {
    /// All lines of a file of tracefs.
    fileprivate func lines() throws(SystemError) -> [String] {
        try descriptor.rewind()
        return try descriptor.readTextToEnd().split(separator: "\n").map { String($0) }
    }
}
