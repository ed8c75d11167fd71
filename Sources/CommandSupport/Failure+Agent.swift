import ControlProtocol
import TraceFile

// What fails alike in each conversation with an agent.
extension Failure {
    /// The header is too long: see `HeaderAnnouncement.isTooLong`.
    package init(tooLong announcement: HeaderAnnouncement) {
        self.init(.protocolError, "the agent announces a trace header of \(announcement.bytes) bytes")
    }

    /// A line is no answer to the order: the agent refuses it, or speaks another protocol.
    ///
    /// - Parameter name: What sent it.
    package init(noAnswer line: String, from name: String) {
        if let refusal = try? Refusal(line: line) {
            self.init(.unavailable, "\(name) is older than this program: \(refusal.error)")
            return
        }
        let start = Array(line.utf8.prefix(64)).escapedASCII
        self.init(.protocolError, "\(name) is no agent of this version: it sent \(start)")
    }
}

extension Request {
    /// - Throws: 64 if an agent would not read a line of this length.
    package func checkLength() throws(Failure) {
        if !isTooLong { return }
        throw Failure(
            .usage,
            "the order has \(line.utf8.count) bytes, and an agent reads \(OrderParser.longestSetup): name fewer events, or a whole system at a time, or shorten the filters"
        )
    }
}

/// Runs `body`, which writes a file.
package func writing<Value: ~Copyable>(
    _ body: () throws(TraceFileError) -> Value
) throws(Failure) -> Value {
    do throws(TraceFileError) {
        return try body()
    } catch {
        throw Failure(.outputFailed, "cannot write \(error)")
    }
}
