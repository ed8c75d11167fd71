import CommandSupport
import Reactor
import TraceFile

/// Checks whether the agent can read event formats for trace headers once it has dropped its privileges.
///
/// They are read here as they are then: as the group that owns `events`, which is that of tracefs's mount option `gid=`.
enum HeadersCheck {
    static func result(of tracefs: Tracefs) -> CheckResult {
        do throws(SystemError) {
            let events = NamedFile(try .open("\(tracefs.top)/events", .readOnly), name: "events")
            return result(of: events, in: tracefs, try FormatStore(), group: try events.descriptor.group())
        } catch {
            return .fail("headers", "\(error)")
        }
    }

    private static func result(
        of events: NamedFile, in tracefs: Tracefs, _ store: FormatStore, group: UInt32
    ) -> CheckResult {
        var formats = store
        do throws(TraceFileError) {
            try Privileges.openingFiles(as: group) { () throws(TraceFileError) in
                try formats.update(from: events)
            }
        } catch {
            let problem =
                "\(error), for group \(group), which owns events: trace headers need one group for all formats: mount -o remount,gid=\(group) \(tracefs.top)"
            return formats.isEmpty ? .fail("headers", problem) : .warn("headers", problem)
        }
        return .ok("headers", "\(formats.count) event formats, which group \(group) may read")
    }
}
