import Reactor
import TraceFile

/// Who has a slot of his own, so that nobody keeps the other waiting.
enum HeaderRequester: Int, CaseIterable, Sendable { case host, client }

/// Room for one header at a time: nobody's, the header worker's while it has the job, or that of those it is sent to.
final class HeaderSlot: Sendable {
    /// The header, and behind it the line that announces it.
    let file: NamedFile
    /// Tells the reactor that the worker has handed the slot back: the bytes of the header, and 1.
    let readiness: EventFD

    init() throws(SystemError) {
        let file = NamedFile(try .inMemory("trace-header"), name: "memory")
        let readiness = try EventFD()
        self.file = file
        self.readiness = readiness
    }

    /// Gives the memory back.
    func empty() throws(SystemError) { try file.descriptor.truncate(to: 0) }

    /// Hands the slot back with the line that announces a header of `headerBytes`.
    func handBack(_ answer: HeaderAnnouncement, headerBytes: Int) {
        do throws(SystemError) {
            let line = Array(answer.json.utf8)
            try file.descriptor.truncate(to: headerBytes)
            try file.descriptor.write(line, at: headerBytes)
        } catch {
            // There is no memory even for that: the reactor finds no line, and tells.
        }
        readiness.signal(UInt64(headerBytes) + 1)
    }

    /// The line that stands behind a header of `headerBytes`; empty if there was no memory for it.
    func line(afterHeaderOf headerBytes: Int) throws(SystemError) -> String {
        let size = try file.descriptor.size()
        return String(
            decoding: try file.descriptor.read(max(0, size - headerBytes), at: headerBytes), as: UTF8.self)
    }
}

/// What announces a header: the answer to the order `metadata`.
struct HeaderAnnouncement {
    var summary = HeaderSummary()
    let cpus: Int
    let boot: String
    let instance: String
    /// What is wrong with it, or why there is none.
    var problem: String?

    /// One JSON object on one line.
    var json: String {
        let error = problem.map { "\"error\":\"\(Report.escape($0))\"," } ?? ""
        return """
            {"answer":"metadata",\(error)"bytes":\(summary.bytes),"version":"\(version)","instance":"\(Report.escape(instance))",\
            "cpus":\(cpus),"page_size":\(summary.pageSize),"clock":"\(Report.escape(summary.clock))",\
            "boot_id":"\(boot)","events":\(summary.events),"symbols":\(summary.symbols)}
            """
    }
}
