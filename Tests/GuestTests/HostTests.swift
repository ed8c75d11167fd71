import Glibc
import Support
import Testing

/// `trace-host record` with a guest's real ports; trace-cmd is the judge.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct HostTests {
    /// Records what a guest writes while COMMAND, which is without privileges as the program is, waits for a file.
    private func record(_ guest: Guest) throws {
        let folder = TemporaryFolder()
        let (output, begun) = ("\(folder.path)/trace.dat", "\(folder.path)/begun")
        let user = ["--reuid", "65533", "--regid", "65533", "--clear-groups"]
        try guest.startAgent(ringKiB: 8192)
        for round in 0...1 {
            let record = try Program(
                "setpriv",
                user + [
                    Machine.release("trace-host"), "record", guest.portsFolder, "-o", output, "--force", "--",
                    "sh",
                    "-c",
                    "echo > \(begun); while [ -e \(begun) ]; do sleep 0.05; done; exit 3",
                ])
            guard eventually({ access(begun, F_OK) == 0 }) else {
                throw TestFailure("round \(round): \(record.errorText)")
            }
            let written = try guest.writeRecords(seconds: 1, rate: 20_000)
            unlink(begun)
            #expect(record.wait() == 3, "\(record.errorText)")
            #expect(!record.errorText.contains("warning"), "\(record.errorText)")
            let report = try TraceReport(of: output)
            for cpu in 0...1 { #expect(report.count(cpu: cpu) == written[cpu]) }
        }
        for cpu in 0...1 { #expect(try guest.stat("overrun", cpu: cpu) == 0) }
        try guest.endAgent()
    }

    @Test func `records behind FIFOs come once each, twice in a row`() throws {
        try record(try Guest(.fifos))
    }

    @Test func `records behind sockets come once each, twice in a row`() throws {
        let guest = try Guest(.sockets)
        for name in Guest.portNames { chmod("\(guest.portsFolder)/\(name)", 0o666) }
        try record(guest)
        try recordByHand(guest)
    }

    /// Records with the program that the README has for those without trace-host.
    private func recordByHand(_ guest: Guest) throws {
        let readme = try readText("\(Machine.sources)/README.md")
        let start = try #require(readme.firstRange(of: "```python\n"))
        let end = try #require(readme[start.upperBound...].firstRange(of: "```"))
        let program = readme[start.upperBound..<end.lowerBound].replacing("sleep(5)", with: "sleep(0)")
        try guest.startAgent(ringKiB: 8192)
        let written = try guest.writeRecords(seconds: 1, rate: 20_000)
        let python = try Command(
            "sh", ["-c", "cd \(guest.portsFolder) && exec python3 -c '\(program)'"])
        #expect(python.status == 0, "\(python.errorText)")
        #expect(python.output.contains("\"complete\":true"), "\(python.output)")
        let type = try guest.rawDataType()
        for cpu in 0...1 {
            let stream = PageStream(try readFile("\(guest.portsFolder)/cpu\(cpu).raw"), rawDataType: type)
            let isWhole = stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu]))
            #expect(isWhole, "CPU \(cpu): \(stream.numbers(of: cpu).count) of \(written[cpu])")
        }
        try guest.endAgent()
    }
}
