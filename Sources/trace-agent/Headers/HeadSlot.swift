import Reactor
import TraceFile

/// Who has a slot of his own, so that nobody keeps the other waiting.
enum HeadRequester: Int, CaseIterable, Sendable { case host, client }

/// Room for one head at a time: nobody's, the head worker's while it has the job, or that of those it is sent to.
final class HeadSlot: Sendable {
    /// The head, and behind it the line that announces it.
    let file: NamedFile
    /// Tells the reactor that the worker has handed the slot back: the bytes of the head, and 1.
    let readiness: EventFD

    init() throws(SystemError) {
        let file = NamedFile(try .inMemory("trace-head"), name: "memory")
        let readiness = try EventFD()
        self.file = file
        self.readiness = readiness
    }

    /// Gives the memory back.
    func empty() throws(SystemError) { try file.descriptor.truncate(to: 0) }

    /// Hands the slot back with the line that announces a head of `headBytes`.
    func handBack(_ answer: HeadAnswer, headBytes: Int) {
        do throws(SystemError) {
            let line = Array(answer.json.utf8)
            try file.descriptor.truncate(to: headBytes)
            try file.descriptor.write(line, at: headBytes)
        } catch {
            // There is no memory even for that: the reactor finds no line, and tells.
        }
        readiness.signal(UInt64(headBytes) + 1)
    }

    /// The line that stands behind a head of `headBytes`; empty if there was no memory for it.
    func line(afterHeadOf headBytes: Int) throws(SystemError) -> String {
        let size = try file.descriptor.size()
        return String(
            decoding: try file.descriptor.read(max(0, size - headBytes), at: headBytes), as: UTF8.self)
    }
}

/// What announces a head: the answer to the order `metadata`.
struct HeadAnswer {
    var summary = HeadSummary()
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
