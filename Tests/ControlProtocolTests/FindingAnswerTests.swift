import ControlProtocol
import Glibc
import Reactor
import Support
import Testing

/// The example of docs/PROTOCOL.md, run by bash on FIFOs.
struct FindingAnswerTests {
    /// The lines of the page's first example in bash.
    private func example() throws -> String {
        let page = try readText(Machine.sources + "/docs/PROTOCOL.md")
        let start = try #require(page.firstRange(of: "```bash\n"))
        let end = try #require(page[start.upperBound...].firstRange(of: "```"))
        return String(page[start.upperBound..<end.lowerBound])
    }

    @Test func `a shell finds the answer to its order behind anything`() throws {
        let folder = TemporaryFolder()
        for name in ["in", "out"] { try makeFIFO("\(folder.path)/agent-ctl-path.\(name)") }
        let orders = Connection(try .open("\(folder.path)/agent-ctl-path.in", [.readWrite, .nonBlocking]))
        let answers = try FileDescriptor.open(
            "\(folder.path)/agent-ctl-path.out", [.readWrite, .nonBlocking])
        // Every byte that there is, and lines that are almost the answer; no newline at the end.
        let junk = (0..<20_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        let almost = "\n{\"answer\":\"status\",\"id\":\"1\"}\n{\"answer\":\"status\"}\n{\"answer\":\"sta"
        _ = try answers.write(junk + Array(almost.utf8))
        let output = "\(folder.path)/output"
        defer { unlink(output) }
        let shell = try Program(
            "/bin/bash", ["-c", "cd \(folder.path)\n" + example()], output: .truncate(output))
        var parser = OrderParser()
        let sent = parser.parse(Array("\(try orders.line())\n".utf8))
        guard case .known(let request)? = sent.first, let id = request.id else {
            throw TestFailure("no order with an id: \(sent)")
        }
        let counts = Report(
            state: .stopped, instance: "", pageSize: 4096, cpus: [], ordersRefused: 0, isComplete: true)
        let answer = Answer(request.word, id: id, counts)
        _ = try answers.write(Array("\(answer.lineToSend)\nbehind".utf8))
        #expect(shell.wait() == 0)
        #expect(try readText(output) == answer.line + "\n")
        // What follows the line is left to be read: a header, after `metadata`.
        #expect(try readAll(answers) == Array("behind".utf8))
    }
}
