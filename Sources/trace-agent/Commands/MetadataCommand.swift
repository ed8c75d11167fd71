import ArgumentParser
import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

struct MetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract: "Gets the trace header from the running agent: what a decoder has to know of this kernel.",
        discussion:
            "trace-agent assemble makes a trace.dat of it and the streams; so does trace-cmd restore -i.")

    @OptionGroup var client: ClientOptions

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Where it is written; -: standard output.", valueName: "file"))
    var output = "head.dat"

    func run() throws { try client.exitingOnFailure(receive) }

    private func receive() throws(Failure) {
        var conversation = try Conversation(.metadata, at: client.socket, within: client.timeout)
        let line = try conversation.line()
        // Older agents answer an order that fails in the schema of the other orders.
        if let error = (try? Answer(line: line))?.error { throw Failure(.unavailable, error) }
        let announcement: HeaderAnnouncement = try conversation.parse(line)
        guard announcement.bytes > 0 else {
            throw Failure(.unavailable, announcement.error ?? "the agent sends no header")
        }
        if let error = announcement.error { StandardError.shared.write("trace-agent: warning: \(error)\n") }
        if output == "-" {
            let standardOutput = FileDescriptor(owning: 1)
            try receive(announcement.bytes, from: &conversation) { bytes, _ throws(SystemError) in
                try standardOutput.writeAll(bytes)
            }
        } else {
            let file = try explaining { () throws(TraceFileError) in try NewFile(at: output) }
            try receive(announcement.bytes, from: &conversation) { bytes, offset throws(SystemError) in
                try file.content.descriptor.write(bytes, at: offset)
            }
            try explaining(file.replaceTarget)
        }
        // Standard output may hold the header.
        if client.json, output == "-" {
            StandardError.shared.write(line + "\n")
        } else if client.json {
            print(line)
        }
    }

    private func receive(
        _ size: Int, from conversation: inout Conversation,
        write: ([UInt8], Int) throws(SystemError) -> Void
    ) throws(Failure) {
        var received = 0
        while received < size {
            let bytes = try more(atMost: size - received, from: &conversation, after: received)
            do throws(SystemError) {
                try write(bytes, received)
            } catch {
                throw Failure(.outputFailed, "cannot write \(output): \(error.code)")
            }
            received += bytes.count
        }
    }

    private func more(
        atMost count: Int, from conversation: inout Conversation, after received: Int
    ) throws(Failure) -> [UInt8] {
        do throws(Failure) {
            return try conversation.bytes(atMost: count)
        } catch {
            throw Failure(
                error.status,
                "the header ended after \(received) bytes: it was read too slowly, or the agent has ended: journalctl -u \(WellKnown.service)"
            )
        }
    }

    private func explaining<Value: ~Copyable>(
        _ body: () throws(TraceFileError) -> Value
    ) throws(Failure) -> Value {
        do throws(TraceFileError) {
            return try body()
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
    }
}
