import ControlProtocol
import Glibc
import Support
import Testing

/// `trace-host start` and the other orders, with a test in the place of the agent.
struct OrderTests {
    private let folder = TemporaryFolder()

    private func host(_ word: String, _ options: [String] = []) throws -> Program {
        try Program(
            Machine.product("trace-host"), [word, folder.path] + options, output: .truncate(outputPath))
    }

    private var outputPath: String { "\(folder.path)/output" }

    /// What an agent answers to an order that has an id.
    private func answer(to order: String, complete: Bool = true) throws -> String {
        let words = order.split(whereSeparator: \.isWhitespace)
        let id = try #require(OrderID(rawValue: String(words[1].dropFirst(3))))
        let word = try #require(OrderWord(rawValue: String(words[0])))
        let report = Report(
            state: .stopped, instance: "", pageSize: 4096, cpus: [], ordersRefused: 0, isComplete: complete)
        return ControlProtocol.Answer(word, id: id, report).lineToSend + "\n"
    }

    @Test func `the answer is found behind earlier answers, the rest of a header and a notice`() throws {
        let port = try FIFOPort("\(folder.path)/agent-ctl-path")
        // Left by earlier readers: another answer, and the rest of a header with a line that looks like one.
        try port.send("{\"answer\":\"status\",\"id\":\"old\"}\n")
        try port.send([UInt8](repeating: 0xfe, count: 9000) + Array("\n\n{\"answer\":\"stop\"".utf8))
        let status = try host("status", ["--json"])
        let line = try answer(to: try port.order())
        try port.send("\n{\"notice\":\"resumed\"}\n")
        try port.send(line)
        #expect(status.wait() == 0, "\(status.errorText)")
        #expect(try readText(outputPath) == line.dropFirst())
    }

    @Test func `an order that is longer than an agent reads is refused before it is sent`() throws {
        let port = try FIFOPort("\(folder.path)/agent-ctl-path")
        let events = (0..<64).flatMap { ["-e", "sched:\(String(repeating: "e", count: 100))\($0)"] }
        let setup = try host("trace-setup", events + ["--timeout", "1s"])
        #expect(setup.wait() == 64)
        #expect(setup.errorText.contains("the order has 7"), "\(setup.errorText)")
        #expect(setup.errorText.contains("bytes, and an agent reads 4096"), "\(setup.errorText)")
        #expect(throws: TestFailure.self) { try port.order(within: .zero) }
    }

    @Test func `a stop that is not complete exits with 74, after the table`() throws {
        let port = try FIFOPort("\(folder.path)/agent-ctl-path")
        let stop = try host("stop")
        try port.send(try answer(to: try port.order(), complete: false))
        #expect(stop.wait() == 74)
        #expect(stop.errorText.contains("stopped, but the host did not accept everything in time"))
        #expect(try readText(outputPath).hasPrefix("stopped, the last stop did not deliver everything\n"))
    }

    @Test func `a wait says for what, and ends`() throws {
        let port = try FIFOPort("\(folder.path)/agent-ctl-path")
        let status = try host("status", ["--timeout", "1200ms"])
        _ = try port.order()
        #expect(status.wait() == 75)
        #expect(
            status.errorText == """
                trace-host: waiting for the answer of the agent behind \(folder.path) to status, at most 1200ms
                trace-host: no answer within 1200ms: is the agent running in the guest, and is no other program \
                connected? trace-host check \(folder.path)

                """)
    }

    @Test func `a guest that floods the port does not keep it waiting`() throws {
        let port = try FIFOPort("\(folder.path)/agent-ctl-path")
        let status = try host("status", ["--timeout", "300ms"])
        _ = try port.order()
        // More comes whenever there is room.
        #expect(
            eventually(within: .seconds(10)) {
                try? port.send([UInt8](repeating: 10, count: 4096))
                return status.wait(.zero) != nil
            })
        #expect(status.wait(.zero) == 75)
    }

    @Test func `a header has the kernel's addresses, so its file is for its owner alone`() throws {
        let port = try FIFOPort("\(folder.path)/agent-ctl-path")
        let metadata = try host("metadata", ["-o", "\(folder.path)/head.dat"])
        let words = try port.order().split(whereSeparator: \.isWhitespace)
        var line = HeaderAnnouncement(instance: "", cpus: 1, bootID: "").answering(
            OrderID(rawValue: String(words[1].dropFirst(3))))
        line.bytes = 4
        try port.send(line.lineToSend + "\nhead")
        #expect(metadata.wait() == 0, "\(metadata.errorText)")
        var status = stat()
        #expect(stat("\(folder.path)/head.dat", &status) == 0 && status.st_mode & 0o7777 == 0o600)
        #expect(try readText("\(folder.path)/head.dat") == "head")
    }

    @Test func `a header that is too long is refused`() throws {
        let port = try FIFOPort("\(folder.path)/agent-ctl-path")
        let metadata = try host("metadata", ["-o", "\(folder.path)/head.dat"])
        let words = try port.order().split(whereSeparator: \.isWhitespace)
        var line = HeaderAnnouncement(instance: "", cpus: 1, bootID: "").answering(
            OrderID(rawValue: String(words[1].dropFirst(3))))
        line.bytes = 1 << 40
        try port.send(line.lineToSend + "\n")
        #expect(metadata.wait() == 76)
        #expect(metadata.errorText.contains("announces a trace header of 1099511627776 bytes"))
        #expect(access("\(folder.path)/head.dat", F_OK) == -1)
    }

    @Test func `what is missing is named`() throws {
        let none = try Command(Machine.product("trace-host"), ["status", "\(folder.path)/none"])
        #expect(none.status == 69)
        #expect(none.errorText.contains("no folder \(folder.path)/none: trace-host setup"))
        let empty = try host("status")
        #expect(empty.wait() == 69)
        #expect(empty.errorText.contains("no control port in \(folder.path)"))
        // FIFOs that no QEMU holds.
        try makeFIFO("\(folder.path)/agent-ctl-path.in")
        try makeFIFO("\(folder.path)/agent-ctl-path.out")
        let stopped = try host("status")
        #expect(stopped.wait() == 69)
        #expect(stopped.errorText.contains("no QEMU has \(folder.path)/agent-ctl-path.in open"))
    }
}
