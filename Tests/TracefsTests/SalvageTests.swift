import Reactor
import Support
import Testing

/// `trace-agent assemble --salvage`: what is left of damaged streams, judged by trace-cmd.
@Suite(.serialized, .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"))
struct SalvageTests {
    private let folder = TemporaryFolder()
    private let kernel = ForeignKernel()
    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    /// A page with one marker, its time.
    private func page(_ time: UInt64, loss: ForeignKernel.Loss = .none) -> [UInt8] {
        kernel.page(at: time, [.marker("mark \(time)", delta: 0)], loss: loss)
    }

    private func assemble(_ options: String...) throws -> Command {
        try Command(
            Machine.program("trace-agent"),
            ["assemble", "--force", "-o", path("trace.dat")] + options + ["header", "cpu0", "cpu1"].map(path))
    }

    /// The markers of a file, one list per CPU; trace-cmd finds nothing wrong with it.
    private func marks(_ name: String) throws -> [[String]] {
        let report = try TraceReport(of: path(name), ["-R"])
        #expect(try Command("trace-cmd", ["dump", "--validate", "-i", path(name)]).status == 0)
        return (0...1).map { cpu in
            report.events.filter { $0.cpu == cpu }.map { String($0.text.drop { $0 != "m" }) }
        }
    }

    /// Both CPUs before and after a reboot; between them, pages that a power cut left empty, and bytes of another file.
    private func writeReboot() throws {
        let zeros = [UInt8](repeating: 0, count: 4096)
        try writeBytes(path("header"), kernel.header(eventsRead: [2, 1]))
        try writeBytes(
            path("cpu0"),
            page(700) + page(800) + zeros + page(900) + zeros + page(100) + page(200) + page(950)[..<50])
        try writeBytes(
            path("cpu1"), page(850) + Array(repeating: 0xff, count: 4096) + page(150, loss: .counted(7)))
    }

    @Test func `cuts streams where they go back in time, and leaves out what is no page`() throws {
        try writeReboot()
        let command = try assemble("--salvage")
        #expect(command.status == 0)
        #expect(
            command.errorText == """
                trace-agent: warning: \(path("cpu0")): cut: page 5 at byte 20480 starts at 100, earlier than the previous page (900)
                trace-agent: warning: \(path("cpu0")): pages left out: 2 (8192 bytes), the first: page 2 at byte 8192 contains no event
                trace-agent: warning: \(path("cpu0")): incomplete last page dropped (50 of 4096 bytes)
                trace-agent: warning: \(path("cpu1")): cut: page 2 at byte 8192 starts at 150, earlier than the previous page (850)
                trace-agent: warning: \(path("cpu1")): pages left out: 1 (4096 bytes), the first: page 1 at byte 4096 claims 1073741823 bytes of events, but has room for 4080
                trace-agent: warning: CPU 1: the kernel lost 7 events, according to the pages

                """)
        #expect(
            command.output == """
                \(path("trace.dat")): Linux somewhere 6.1.0 foreign, clock local
                cpu  pages  events  lost  read events
                  0      3       3     0            ?
                  1      1       1     0            ?
                \(path("trace.2.dat")): Linux somewhere 6.1.0 foreign, clock local
                cpu  pages  events  lost  read events
                  0      2       2     0            ?
                  1      1       1     7            ?

                """)
        #expect(try marks("trace.dat") == [["mark 700", "mark 800", "mark 900"], ["mark 850"]])
        #expect(try marks("trace.2.dat") == [["mark 100", "mark 200"], ["mark 150"]])
        #expect(
            try namesIn(folder.path).sorted() == ["cpu0", "cpu1", "header", "trace.2.dat", "trace.dat"])
    }

    @Test func `refuses a damaged stream by default, and names the place and the option`() throws {
        try writeReboot()
        let command = try assemble()
        #expect(command.status == 65 && command.output.isEmpty)
        #expect(
            command.errorText == """
                trace-agent: error: \(path("cpu0")): page 2 at byte 8192 contains no event; trace-agent assemble --salvage keeps what is left, a file for each part of it

                """)
        try writeBytes(path("cpu0"), page(5) + page(4))
        #expect(try assemble().errorText.contains("or a reboot; trace-agent assemble --salvage keeps"))
        #expect(try namesIn(folder.path).sorted() == ["cpu0", "cpu1", "header"])
    }

    @Test func `says that parts need not be of the same time if one stream has fewer`() throws {
        try writeReboot()
        try writeBytes(path("cpu1"), page(40))
        let command = try assemble("--salvage")
        #expect(command.errorText.contains("the streams have 1 to 2 parts: the n-th file has the n-th part"))
        #expect(try marks("trace.2.dat") == [["mark 100", "mark 200"], []])
    }

    @Test func `overwrites no file that was not named`() throws {
        try writeReboot()
        try writeFile(path("trace.dat"), "old")
        try writeFile(path("trace.2.dat"), "precious")
        let command = try assemble("--salvage")
        #expect(command.status == 65)
        #expect(command.errorText.contains("\(path("trace.2.dat")): exists: remove it, or choose another"))
        #expect(try readText(path("trace.2.dat")) == "precious" && readText(path("trace.dat")) == "old")
    }

    @Test func `an intact recording is the same with the option and without it`() throws {
        try writeBytes(path("header"), kernel.header(eventsRead: [2, 1]))
        try writeBytes(path("cpu0"), page(1) + page(2))
        try writeBytes(path("cpu1"), page(3))
        let plain = try assemble()
        let file = try readFile(path("trace.dat"))
        let salvaged = try assemble("--salvage")
        #expect(salvaged.output == plain.output && salvaged.errorText.isEmpty)
        let isSame = try readFile(path("trace.dat")) == file
        #expect(isSame)
    }

    @Test func `refuses pages of several CPUs in one file`() throws {
        try writeReboot()
        try writeBytes(path("cpu0"), (0..<65).flatMap { page(1000 - $0) })
        let command = try assemble("--salvage")
        #expect(command.status == 65)
        #expect(command.errorText.contains("goes back in time at 64 places or more: pages of several CPUs"))
        #expect(try namesIn(folder.path).sorted() == ["cpu0", "cpu1", "header"])
    }
}
