import Reactor
import Testing

struct ProgramRunTests {
    private func run(_ script: String, within limit: Duration = .seconds(20)) throws -> ProgramRun? {
        try ProgramRun.run(["sh", "-c", script], input: "two\n", within: limit)
    }

    @Test func `gives the output, what is wrong, and the exit code`() throws {
        let run = try run("echo one; echo wrong >&2; cat; exit 3")
        #expect(run?.output == "one\ntwo\n" && run?.errorText == "wrong\n" && run?.status == 3)
        #expect(try self.run("kill -9 $$")?.status == 137)
    }

    @Test func `a program that does not end is killed`() throws {
        let run = try run("echo begun; exec sleep 1000", within: .milliseconds(50))
        #expect(run == nil)
    }

    @Test func `a program that does not exist is an error`() {
        let error = #expect(throws: SystemError.self) {
            try ProgramRun.run(["/no/such/program"], within: .seconds(1))
        }
        #expect(error?.code == .noEntry)
    }
}
