import Reactor
import Support
import Testing

/// `trace-agent assemble` as a user runs it: any input gives either a clear error or a file that trace-cmd reads.
@Suite(.serialized, .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"))
struct AssembleTests {
    private let folder = TemporaryFolder()
    private let kernel = ForeignKernel()
    private var output: String { "\(folder.path)/trace.dat" }
    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    init() throws {
        try writeBytes(path("header"), kernel.header(eventsRead: [3, 1]))
        try writeBytes(path("cpu0"), pages(3))
        try writeBytes(path("cpu1"), pages(1))
    }

    private func pages(_ count: Int) -> [UInt8] {
        (0..<count).flatMap { kernel.page(at: UInt64($0) * 1000, [.marker("mark \($0)", delta: 1)]) }
    }

    private func assemble(_ names: String...) throws -> Command {
        try Command(
            Machine.program("trace-agent"),
            ["assemble", "--force", "-o", output]
                + names.map { $0.hasPrefix("/") || $0.hasPrefix("-") ? $0 : path($0) })
    }

    private var outputExists: Bool { FileDescriptor.resolve(output) != nil }

    @Test func `prints a summary of the file`() throws {
        let command = try assemble("header", "cpu0", "cpu1")
        #expect(command.status == 0 && command.errorText.isEmpty)
        #expect(
            command.output == """
                \(output): Linux somewhere 6.1.0 foreign, clock local
                cpu  pages  events  lost  read events
                  0      3       3     0            3
                  1      1       1     0            1

                """)
        #expect(try TraceReport(of: output).markers("mark").count == 4)
        #expect(try TraceReport.countsOfLibrary(output) == [3, 1])
    }

    @Test func `drops an incomplete last page with a warning`() throws {
        try writeBytes(path("cpu0"), pages(3) + pages(1)[..<1000])
        let command = try assemble("header", "cpu0", "cpu1")
        #expect(command.status == 0)
        #expect(
            command.errorText
                == "trace-agent: warning: \(path("cpu0")): incomplete last page dropped (1000 of 4096 bytes)\n"
        )
        #expect(try TraceReport(of: output).markers("mark").count == 4)
    }

    @Test func `assembles a file if some or all streams are empty`() throws {
        try writeBytes(path("empty0"), [])
        try writeBytes(path("empty1"), [])
        #expect(try assemble("header", "empty0", "cpu1").status == 0)
        #expect(try TraceReport(of: output).markers("mark") == ["mark 0"])
        #expect(try assemble("header", "empty0", "empty1").status == 0)
        #expect(try TraceReport(of: output).events.isEmpty)
    }

    @Test func `the null device is a CPU that was not traced`() throws {
        let command = try assemble("header", "/dev/null", "cpu1")
        #expect(command.status == 0 && command.errorText.isEmpty, "\(command.errorText)")
        #expect(try TraceReport(of: output).markers("mark") == ["mark 0"])
    }

    @Test func `warns of a stream that is truncated between two pages`() throws {
        try writeBytes(path("cpu0"), pages(2))
        let command = try assemble("header", "cpu0", "cpu1")
        #expect(command.status == 0)
        #expect(
            command.errorText.contains(
                "\(path("cpu0")) has 2 of the 3 events that were read on CPU 0 since its ring buffer was created or cleared"
            ))
        // An empty stream of a CPU that recorded something is a truncated one, too.
        try writeBytes(path("empty"), [])
        #expect(try assemble("header", "empty", "cpu1").errorText.contains("has 0 of the 3 events"))
    }

    @Test func `escapes control characters in the texts of a guest`() throws {
        var header = kernel.header()
        let name = Array("somewhere".utf8)
        let place = try #require(header.indices.first { header[$0...].starts(with: name) })
        header.replaceSubrange(place..<place + name.count, with: "\u{1b}]0;here!".utf8)
        try writeBytes(path("odd"), header)
        let command = try assemble("odd", "cpu0", "cpu1")
        #expect(command.status == 0)
        #expect(command.output.contains(#"Linux \x1b]0;here! 6.1.0 foreign"#))
    }

    @Test func `writes version 6 for an instance on request, as if its pages were the top-level ones`() throws
    {
        try writeBytes(path("header"), kernel.header(eventsRead: [3, 1], instance: "box"))
        #expect(try assemble("header", "cpu0", "cpu1").status == 0)
        #expect(try readFile(output)[10] == UInt8(ascii: "7"))
        #expect(try assemble("--v6", "header", "cpu0", "cpu1").status == 0)
        let version6 = try readFile(output)
        try writeBytes(path("header"), kernel.header(eventsRead: [3, 1]))
        #expect(try assemble("header", "cpu0", "cpu1").status == 0)
        let isSame = try readFile(output) == version6
        #expect(isSame)
    }

    @Test func `compresses a file on request`() throws {
        #expect(try assemble("header", "cpu0", "cpu1", "--compression=zstd").status == 0)
        #expect(try TraceReport(of: output).markers("mark").count == 4)
        #expect(try TraceReport.countsOfLibrary(output) == [3, 1])
        let isNamed = try readFile(output)[18...].starts(with: Array("zstd".utf8) + [0])
        #expect(isNamed)
        #expect(try assemble("header", "cpu0", "--v6", "--compression=zstd").status == 64)
        #expect(try assemble("header", "cpu0", "--compression=lzma").status == 64)
    }

    @Test func `warns of streams in the wrong order`() throws {
        // Names that tell their CPUs would put them right.
        try writeBytes(path("first"), pages(1))
        try writeBytes(path("second"), pages(3))
        let command = try assemble("header", "first", "second")
        #expect(command.status == 0)
        #expect(
            command.errorText.contains(
                "\(path("first")) has 1 events, as many as were read on CPU 1, not on CPU 0: check the order of the streams"
            ))
        #expect(command.errorText.split(separator: "\n").count == 2)
    }

    @Test func `refuses pages of two CPUs in one stream`() throws {
        try writeBytes(path("both"), pages(3) + pages(1))
        let command = try assemble("header", "both", "cpu1")
        #expect(command.status == 65)
        #expect(command.errorText.contains("\(path("both")): page 3 at byte 12288 starts at 0, earlier"))
        #expect(!outputExists)
    }

    @Test func `reports missing, truncated, duplicate and invalid files with one line each`() throws {
        try writeBytes(path("cut"), Array(kernel.header()[..<700]))
        try writeBytes(path("text"), Array(String(repeating: "not a page ", count: 1000).utf8))
        try makeFIFO(path("fifo"))
        let cases: [([String], CInt, String)] = [
            (["none", "cpu0"], 66, "cannot read \(path("none")): No such file or directory"),
            (["header", "none"], 66, "cannot read \(path("none")): No such file or directory"),
            (["cut", "cpu0"], 65, "\(path("cut")): truncated in "),
            (
                ["text", "cpu0"], 65,
                "\(path("text")): not a trace header: the magic number expected at byte 0"
            ),
            (["cpu0", "cpu1"], 65, "\(path("cpu0")): not a trace header"),
            (["header", "text"], 65, "\(path("text")): page 0 at byte 0 "),
            (["header", "cpu0", "cpu0"], 65, "\(path("cpu0")): the same file as \(path("cpu0"))"),
            (
                ["header", "cpu0", "cpu1", "text"], 65,
                "3 streams, but the recorded machine has 2 CPUs"
            ),
            (["header", "fifo"], 65, "\(path("fifo")): not a regular file"),
            (["fifo", "cpu0"], 65, "\(path("fifo")): not a regular file"),
        ]
        for (names, status, message) in cases {
            let command = try Command(
                Machine.program("trace-agent"), ["assemble", "-o", output] + names.map(path))
            #expect(command.status == status, "\(names)")
            #expect(command.errorText.contains(message), "\(names): \(command.errorText)")
            #expect(command.errorText.split(separator: "\n").count == 1, "\(command.errorText)")
        }
        #expect(!outputExists)
    }

    @Test func `keeps an existing file until the new one is complete, and overwrites no input`() throws {
        try writeFile(output, "the old one")
        #expect(try assemble("header", "none").status == 66)
        #expect(try readText(output) == "the old one")
        let onto = try Command(
            Machine.program("trace-agent"), ["assemble", "-o", path("cpu0"), path("header"), path("cpu0")])
        #expect(onto.status == 65)
        #expect(try readFile(path("cpu0")) == pages(3))
        let overHeader = try Command(
            Machine.program("trace-agent"), ["assemble", "-o", path("header"), path("header"), path("cpu0")])
        #expect(overHeader.status == 65)
        try makeFIFO(path("fifo"))
        let intoFIFO = try Command(
            Machine.program("trace-agent"), ["assemble", "-o", path("fifo"), path("header"), path("cpu0")])
        #expect(intoFIFO.status == 65 && intoFIFO.errorText.contains("not a regular file"))
        // A file is not the output because its name starts with the output's name.
        let missing = try Command(
            Machine.program("trace-agent"), ["assemble", "-o", output, path("header"), output + ".cpu7"])
        #expect(missing.status == 66)
        try makeLink(path("link"), to: output)
        let throughLink = try Command(
            Machine.program("trace-agent"),
            ["assemble", "--force", "-o", path("link"), path("header"), path("cpu0")])
        #expect(throughLink.status == 0)
        #expect(try readFile(output).starts(with: [0x17, 0x08, 0x44]))
        #expect(try assemble("header", "cpu0", "cpu1").status == 0)
        #expect(try namesIn(folder.path).sorted() == ["cpu0", "cpu1", "fifo", "header", "link", "trace.dat"])
    }

    @Test func `refuses a header from trace-cmd, which has another version`() throws {
        let foreign = path("foreign")
        #expect(try Command("trace-cmd", ["restore", "-c", "-o", foreign]).status == 0)
        let command = try assemble("foreign", "cpu0")
        #expect(command.status == 65)
        #expect(command.errorText.contains("not a trace header of version 6"))
    }
}
