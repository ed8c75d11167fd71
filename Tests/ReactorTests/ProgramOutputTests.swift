import Reactor
import Testing

struct ProgramOutputTests {
    private func text(_ script: String, within limit: Duration = .seconds(20)) throws -> String? {
        try outputOfProgram(["sh", "-c", script], within: limit).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test func `gives the standard output, and no other`() throws {
        #expect(try text("echo one; echo two >&2; cat; echo three") == "one\nthree\n")
    }

    @Test func `a program that does not end is killed`() throws {
        #expect(try text("echo begun; exec sleep 1000", within: .milliseconds(50)) == nil)
        // One that only closes its output is no reason to wait.
        #expect(try text("echo begun; exec sleep 1000 >&-") == "begun\n")
    }

    @Test func `endless output is cut`() throws {
        let bytes = try outputOfProgram(["yes"], within: .seconds(20))
        #expect((bytes?.count ?? 0) >= 64 << 10)
        #expect((bytes?.count ?? 0) < 80 << 10)
    }

    @Test func `a program that does not exist is an error`() {
        let error = #expect(throws: SystemError.self) {
            try outputOfProgram(["/no/such/program"], within: .seconds(1))
        }
        #expect(error?.code == .noEntry)
    }
}
