import ArgumentParser
import Reactor
import TraceFile

struct MetadataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metadata",
        abstract:
            "Gets from the running agent what a decoder has to know of this kernel: the header of a trace.dat.",
        discussion:
            "trace-agent assemble makes a trace.dat of it and the streams; so does trace-cmd restore -i.")

    @OptionGroup var client: Client

    @Option(
        name: [.customShort("o"), .long],
        help: ArgumentHelp("Where it goes; -: to standard output.", valueName: "file"))
    var output = "head.dat"

    func run() throws {
        try client.complaining(receive)
    }

    private func receive() throws(Failure) {
        let end = client.deadline
        var connection = try client.send("metadata", until: end)
        let line = try client.line(from: &connection, until: end)
        let answer = try client.decode(Client.Answer.self, line)
        guard let size = answer.bytes, size > 0 else {
            throw Failure(.unavailable, answer.error ?? "the agent sends no header")
        }
        if let doubt = answer.error { StandardError.shared.write("trace-agent: warning: \(doubt)\n") }
        if output == "-" {
            let standardOutput = FileDescriptor(owning: 1)
            try receive(size, from: &connection) { bytes, _ throws(SystemError) in
                try standardOutput.writeAll(bytes)
            }
        } else {
            let file = try written { () throws(TraceFileError) in try NewFile(at: output) }
            try receive(size, from: &connection) { bytes, offset throws(SystemError) in
                try file.content.descriptor.write(bytes, at: offset)
            }
            try written(file.replaceTarget)
        }
        // Standard output may be where the header went.
        if client.json, output == "-" {
            StandardError.shared.write(line + "\n")
        } else if client.json {
            print(line)
        }
    }

    private func receive(
        _ size: Int, from connection: inout LineReader, write: ([UInt8], Int) throws(SystemError) -> Void
    ) throws(Failure) {
        var received = 0
        while received < size {
            let bytes = try more(atMost: size - received, from: &connection, after: received)
            do throws(SystemError) {
                try write(bytes, received)
            } catch {
                throw Failure(.outputFailed, "cannot write \(output): \(error.code)")
            }
            received += bytes.count
        }
    }

    private func more(
        atMost count: Int, from connection: inout LineReader, after received: Int
    ) throws(Failure) -> [UInt8] {
        do throws(Failure) {
            return try client.bytes(from: &connection, atMost: count)
        } catch {
            throw Failure(
                error.status,
                "the header was cut off after \(received) bytes: taken too slowly, or the agent has ended: journalctl -u virtio-trace-agent"
            )
        }
    }

    private func written<Value: ~Copyable>(
        _ body: () throws(TraceFileError) -> Value
    ) throws(Failure) -> Value {
        do throws(TraceFileError) {
            return try body()
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
    }
}
