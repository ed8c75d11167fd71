import ControlProtocol
import Reactor
import TraceFile

/// Orders a trace header, and writes it to a file that gets its name once it is complete, or to standard output.
struct HeaderDownload: ~Copyable {
    private var conversation: Conversation
    private let place: any AgentPlace
    private let output: String

    /// Gives the order.
    ///
    /// - Parameter output: The file; `-` is standard output.
    init(from place: any AgentPlace, to output: String, within timeout: Interval) throws(Failure) {
        conversation = try Conversation(Request(.metadata), at: place, within: timeout)
        self.place = place
        self.output = output
    }

    /// Receives the header.
    ///
    /// - Returns: The line that announced it.
    mutating func run() throws(Failure) -> String {
        let line = try conversation.line()
        // Older agents answer an order that fails in the schema of the other orders.
        if let error = (try? Answer(line: line))?.error { throw Failure(.unavailable, error) }
        let announcement: HeaderAnnouncement = try conversation.parse(line)
        if announcement.isTooLong { throw Failure(tooLong: announcement) }
        guard announcement.bytes > 0 else {
            throw Failure(.unavailable, announcement.error ?? "the agent sends no header")
        }
        if let error = announcement.error {
            StandardError.shared.write("\(ProgramName.own): warning: \(error.withoutControlCharacters)\n")
        }
        if output == "-" {
            let standardOutput = FileDescriptor(owning: 1)
            try receive(announcement.bytes) { bytes, _ throws(SystemError) in
                try standardOutput.writeAll(bytes)
            }
        } else {
            let file = try writing { () throws(TraceFileError) in
                try NewFile(at: output, isPrivate: true)
            }
            try receive(announcement.bytes) { bytes, offset throws(SystemError) in
                try file.content.descriptor.write(bytes, at: offset)
            }
            try writing(file.replaceTarget)
        }
        return line
    }

    private mutating func receive(
        _ size: Int, write: ([UInt8], Int) throws(SystemError) -> Void
    ) throws(Failure) {
        var received = 0
        while received < size {
            let bytes = try more(atMost: size - received, after: received)
            do throws(SystemError) {
                try write(bytes, received)
            } catch {
                throw Failure(.outputFailed, "cannot write \(output): \(error.code)")
            }
            received += bytes.count
        }
    }

    private mutating func more(atMost count: Int, after received: Int) throws(Failure) -> [UInt8] {
        do throws(Failure) {
            return try conversation.bytes(atMost: count)
        } catch {
            throw Failure(
                error.status,
                "the header ended after \(received) bytes: it was read too slowly, or the agent has ended: \(place.adviceIfSilent)"
            )
        }
    }
}
