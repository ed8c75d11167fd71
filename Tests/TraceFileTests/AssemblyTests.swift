import Reactor
import Support
import Testing

@testable import TraceFile

struct AssemblyTests {
    private let folder = TemporaryFolder()
    private let kernel = ForeignKernel()

    private func file(_ name: String, _ bytes: [UInt8]) throws -> String {
        try writeBytes("\(folder.path)/\(name)", bytes)
        return "\(folder.path)/\(name)"
    }

    private func stream(_ bytes: [UInt8], _ name: String = "cpu0") throws -> CPUStream {
        try CPUStream(opening: try file(name, bytes))
    }

    private var layout: PageLayout {
        get throws { try #require(PageLayout(headerPage: kernel.headerPage, order: .little)) }
    }

    /// The message about a stream of these bytes; `nil` if it is valid.
    private func problem(_ bytes: [UInt8]) throws -> String? {
        do { _ = try stream(bytes).survey(layout) } catch let error as TraceFileError {
            return error.description
        }
        return nil
    }

    @Test func `counts the contents of a stream, and drops an incomplete last page`() throws {
        let pages =
            kernel.page(at: 5, [.marker("a", delta: 0)])
            + kernel.page(at: 5, [.marker("b", delta: 0), .marker("c", delta: 0)], loss: .counted(7))
            + kernel.page(at: 9, [.marker("d", delta: 0)], loss: .uncounted)
        let contents = try stream(pages + kernel.page(at: 10, [.marker("e", delta: 0)])[..<100])
            .survey(try layout)
        #expect(contents.total.pages == 3)
        #expect(contents.total.events == 4)
        #expect(contents.total.lost == 7)
        #expect(contents.total.uncountedLosses == 1)
        #expect(contents.tornBytes == 100)
        #expect(contents.total.bytes == 3 * 4096)
    }

    @Test func `counts as many losses as fit, whatever the pages claim`() throws {
        let page = kernel.page(at: 5, [.marker("a", delta: 0)], loss: .counted(.max))
        #expect(try stream(page + page + page).survey(try layout).total.lost == Int.max)
    }

    @Test func `accepts an empty stream`() throws {
        #expect(try stream([]).survey(try layout) == StreamSurvey(pageSize: 4096))
    }

    @Test func `names the problem of an invalid stream and its place`() throws {
        let page = kernel.page(at: 100, [.marker("a", delta: 0)])
        let earlier = kernel.page(at: 99, [.marker("b", delta: 0)])
        let empty = [UInt8](repeating: 0, count: 4096)
        let path = "\(folder.path)/cpu0"
        #expect(try problem(page + page + empty) == "\(path): page 2 at byte 8192 contains no event")
        #expect(
            try problem(page + earlier)
                == "\(path): page 1 at byte 4096 starts at 99, earlier than the previous page (100): pages of several CPUs in one file, a changed clock, or a reboot"
        )
        #expect(try problem(page) == nil)
        #expect(
            try problem(Array(repeating: 0xff, count: 4096))
                == "\(path): page 0 at byte 0 claims 1073741823 bytes of events, but has room for 4080"
        )
        // More pages than are read at a time.
        let many = (0..<600).flatMap { kernel.page(at: UInt64($0), [.marker("a", delta: 0)]) }
        #expect(try problem(many + empty) == "\(path): page 600 at byte 2457600 contains no event")
    }

    @Test(
        .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"),
        arguments: ["", "box"])
    func `assembles a file without events`(instance: String) throws {
        let header = try TraceHeader(opening: try file("header", kernel.header(instance: instance)))
        let assembly = try Assembly(header, [try stream([], "cpu0"), try stream([], "cpu1")])
        let output = try NewFile(at: "\(folder.path)/trace.dat")
        try assembly.write(Assembly.files(try assembly.survey())[0], to: output.content)
        try output.replaceTarget()
        #expect(try TraceReport(of: "\(folder.path)/trace.dat").events.isEmpty)
    }

    @Test func `reads the description of the recorded machine from a header`() throws {
        let header = try TraceHeader(opening: try file("header", kernel.header(eventsRead: [3, 1])))
        #expect(header.cpus == 2)
        #expect(header.clock == "local")
        #expect(header.machine == "Linux somewhere 6.1.0 foreign")
        #expect(header.layout == (try layout))
        #expect(header.eventsRead(cpu: 1) == 1)
        #expect(header.eventsRead(cpu: 2) == nil)
    }

    @Test func `skips an answer line before the header`() throws {
        let line = Array("{\"answer\":\"metadata\",\"bytes\":17}\n".utf8)
        let header = try TraceHeader(opening: try file("header", line + kernel.header()))
        #expect(header.start == line.count)
        #expect(header.size == kernel.header().count)
    }

    @Test func `skips any number of answers, empty lines and notices before the header`() throws {
        let answer = "{\"answer\":\"status\",\"cpus\":[" + String(repeating: "1,", count: 70_000) + "1]}\n"
        let lines = Array(
            "\n\(answer)\n\n{\"notice\":\"resumed\"}\n\(answer){\"answer\":\"metadata\"}\n".utf8)
        let header = try TraceHeader(opening: try file("header", lines + kernel.header()))
        #expect(header.start == lines.count && header.size == kernel.header().count)
        #expect(throws: TraceFileError.self) { try TraceHeader(opening: try file("lines", lines)) }
    }

    @Test func `refuses a header that is truncated anywhere, and names the part`() throws {
        let parts = kernel.headerParts(eventsRead: [3])
        let names = [
            "", "header_page", "header_event", "format", "event system|empty", "symbols", "printk formats",
            "command lines", "CPU count", "option",
        ]
        let all = parts.flatMap { $0 }
        var start = 0
        for (part, names) in zip(parts, names) {
            for length in start..<start + part.count {
                let path = try file("header", Array(all[..<length]))
                do throws(TraceFileError) {
                    _ = try TraceHeader(opening: path)
                    Issue.record("a header of \(length) bytes was accepted")
                } catch {
                    let message = error.description
                    let isNamed =
                        names.split(separator: "|").contains { message.contains($0) } || names.isEmpty
                    #expect(isNamed || message.contains("header_page"), "\(length): \(message)")
                    #expect(message.contains(length == 0 ? "empty" : "truncated"), "\(length): \(message)")
                }
            }
            start += part.count
        }
    }

    @Test func `refuses invalid numbers in a header`() throws {
        var bytes = kernel.header()
        for offset in bytes.indices {
            let found = bytes[offset]
            bytes[offset] ^= 0xff
            // Any value is safe: none causes a trap, or a large allocation.
            _ = try? TraceHeader(opening: try file("header", bytes))
            bytes[offset] = found
        }
        #expect(throws: TraceFileError.self) {
            try TraceHeader(opening: try file("header", kernel.header(cpus: 0)))
        }
        #expect(throws: TraceFileError.self) {
            try TraceHeader(opening: try file("header", kernel.header(cpus: 1 << 20)))
        }
        #expect(throws: TraceFileError.self) {
            try TraceHeader(opening: try file("header", Array("no header".utf8)))
        }
    }

    @Test func `refuses more event formats than Linux can number, whatever number of systems has them`()
        throws
    {
        var parts = kernel.headerParts()
        let formats = "some".utf8 + [0] + kernel.bytes(UInt32(40000)) + Array(repeating: 0, count: 8 * 40000)
        parts[4] = kernel.bytes(UInt32(1)) + formats
        #expect(try TraceHeader(opening: try file("enough", parts.flatMap { $0 })).cpus == 2)
        parts[4] = kernel.bytes(UInt32(2)) + formats + formats
        let more = try file("more", parts.flatMap { $0 })
        #expect(throws: TraceFileError.self) { try TraceHeader(opening: more) }
    }

    @Test func `refuses a page size that differs from header_page's, because readers rely on it`() throws {
        for size in [0, 8192] {
            var bytes = kernel.header()
            bytes.replaceSubrange(14..<18, with: kernel.bytes(UInt32(size)))
            let path = try file("header", bytes)
            #expect(throws: TraceFileError.self) { try TraceHeader(opening: path) }
        }
    }

    @Test(
        .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"),
        arguments: ["", "box"])
    func `assembles a file from a header without a clock in use`(instance: String) throws {
        let clocks = Array("[local]".utf8)
        var bytes = kernel.header(instance: instance)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: clocks) })
        bytes[place] = UInt8(ascii: " ")
        let header = try TraceHeader(opening: try file("header", bytes))
        #expect(header.clock.isEmpty)
        let assembly = try Assembly(header, [try stream(kernel.page(at: 1, [.marker("hello", delta: 0)]))])
        let output = try NewFile(at: "\(folder.path)/trace.dat")
        try assembly.write(Assembly.files(try assembly.survey())[0], to: output.content)
        try output.replaceTarget()
        #expect(try TraceReport(of: "\(folder.path)/trace.dat").markers("hello").count == 1)
    }

    /// trace-cmd 3.1.6 reports these times for files that it recorded itself, in both versions and with each clock of
    /// Linux 6.18: nanoseconds are printed as seconds, except for those of a clock that it does not know.
    @Test(
        .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"),

        arguments: [
            ("", nil), ("box", nil), ("box", .version6), ("", .version7(.none)), ("box", .version7(.zstd)),
        ] as [(String, TraceFileFormat?)])
    func `the times of every clock are those of trace-cmd's own files`(
        instance: String, format: TraceFileFormat?
    ) throws {
        let inSeconds = ["local", "global", "uptime", "perf", "mono", "mono_raw", "tai"]
        for clock in inSeconds + ["boot", "counter", "x86-tsc", "ppc-tb"] {
            let header = try TraceHeader(
                opening: try file("header", kernel.header(instance: instance, clock: clock)))
            let assembly = try Assembly(
                header, [try stream(kernel.page(at: 1_234_567_890, [.marker("hello", delta: 0)]))], as: format
            )
            let output = try NewFile(at: "\(folder.path)/trace.dat")
            try assembly.write(Assembly.files(try assembly.survey())[0], to: output.content)
            try output.replaceTarget()
            let report = try TraceReport(of: "\(folder.path)/trace.dat")
            #expect(
                report.events.map(\.seconds) == [inSeconds.contains(clock) ? 1.234568 : 1_234_567_890],
                "\(clock)")
        }
    }

    @Test(
        .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"),
        arguments: ["", "box"])
    func `copies only options that trace-cmd can read`(instance: String) throws {
        let odd: [(UInt16, [UInt8])] = [
            // No text at all, a number of CPUs that is not theirs, a text without an end, and what no header has.
            (2, []), (8, [255, 255, 255, 127]), (9, Array("open".utf8)), (6, [1]), (13, [1]), (12, [255]),
            (99, []), (11, [1]),
        ]
        let options = odd.flatMap { id, data in kernel.bytes(id) + kernel.bytes(UInt32(data.count)) + data }
        var bytes = kernel.header(instance: instance)
        bytes.insert(contentsOf: options, at: bytes.count - 2)
        let header = try TraceHeader(opening: try file("header", bytes))
        let assembly = try Assembly(header, [try stream(kernel.page(at: 1, [.marker("hello", delta: 0)]))])
        let output = try NewFile(at: "\(folder.path)/trace.dat")
        try assembly.write(Assembly.files(try assembly.survey())[0], to: output.content)
        try output.replaceTarget()
        #expect(try TraceReport(of: "\(folder.path)/trace.dat").markers("hello").count == 1)
    }

    @Test(arguments: [
        ("[local] global", "local"), ("local [x86-tsc]\n", "x86-tsc"), ("local", nil), ("", nil), ("[]", nil),
        ("[", nil), ("[ ] [local]", nil), ("[a]b [local]", nil), ("a[b] [local]", "local"),
    ])
    func `finds the clock that trace-cmd finds`(clocks: String, clock: String?) {
        #expect(TraceHeader.clockInUse(clocks) == clock)
    }

    @Test(arguments: [0x1d, 0x0a, 0x3b] as [UInt8])
    func `refuses a format with a control character, or an array without an end`(end: UInt8) throws {
        var bytes = kernel.header()
        let buffer = Array("buf[]".utf8)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: buffer) })
        bytes[place + 4] = end
        let path = try file("header", bytes)
        #expect(throws: TraceFileError.self) { try TraceHeader(opening: path) }
    }

    @Test func `refuses more streams than CPUs, and a stream that is given twice`() throws {
        let header = try TraceHeader(opening: try file("header", kernel.header(cpus: 1)))
        let one = try stream([], "cpu0")
        #expect(throws: TraceFileError.self) { try Assembly(header, [one, try stream([], "cpu1")]) }
        let two = try TraceHeader(opening: try file("header", kernel.header(cpus: 2)))
        // An empty stream may be given twice: it stands for CPUs that were not traced.
        _ = try Assembly(two, [one, try CPUStream(opening: one.name)])
        let full = try stream([1], "full")
        #expect(throws: TraceFileError.self) { try Assembly(two, [full, try CPUStream(opening: full.name)]) }
    }

    @Test func `refuses a FIFO as a stream, and a folder as a header`() throws {
        try makeFIFO("\(folder.path)/fifo")
        #expect(throws: TraceFileError.self) { try CPUStream(opening: folder.path) }
        #expect(throws: TraceFileError.self) { try TraceHeader(opening: folder.path) }
    }

    /// trace-cmd reads the recordings of machines with another byte order or word size correctly.
    @Test(
        .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"),
        arguments: [
            ForeignKernel(), ForeignKernel(longSize: 4), ForeignKernel(isBigEndian: true),
            ForeignKernel(isBigEndian: true, longSize: 4), ForeignKernel(pageSize: 16384),
        ],
        [("", nil), ("box", nil), ("", .version7(.zstd)), ("box", .version7(.zstd))]
            as [(String, TraceFileFormat?)])
    func `assembles files of other machines in versions 6 and 7`(
        kernel: ForeignKernel, instanceAndFormat: (String, TraceFileFormat?)
    ) throws {
        let (instance, format) = instanceAndFormat
        let header = try TraceHeader(opening: try file("header", kernel.header(instance: instance)))
        #expect(header.instance == instance)
        let streams = [
            try stream(
                kernel.page(at: 1_000_000, [.marker("hello", delta: 0)])
                    + kernel.page(at: 3_000_000, [.marker("again", delta: 1000)], loss: .counted(3)), "cpu0"),
            try stream(kernel.page(at: 2_000_000, [.marker("world", delta: 500)]), "cpu1"),
        ]
        let assembly = try Assembly(header, streams, as: format)
        let output = "\(folder.path)/trace.dat"
        let file = try NewFile(at: output)
        var (checked, copied) = (0, 0)
        let contents = try assembly.survey { count throws(TraceFileError) in checked += count }
        try assembly.write(Assembly.files(contents)[0], to: file.content) { count throws(TraceFileError) in
            copied += count
        }
        try file.replaceTarget()
        #expect(try checked == assembly.size() && copied == checked)
        let report = try Command("trace-cmd", ["report", "-i", output])
        #expect(report.status == 0)
        let prefix = instance.isEmpty ? "" : "\(instance): "
        let lines = report.output.split(separator: "\n").map {
            $0.split(separator: " ").joined(separator: " ")
        }
        #expect(
            lines == [
                "cpus=2", "\(prefix)somebody-42 [000] 0.001000: print: 0x0: hello",
                "\(prefix)somebody-42 [001] 0.002001: print: 0x0: world", "\(prefix)CPU:0 [3 EVENTS DROPPED]",
                // After this note, trace-cmd omits the instance.
                "somebody-42 [000] 0.003001: print: 0x0: again",
            ])
        let dump = try Command("trace-cmd", ["dump", "--all", "-i", output])
        #expect(dump.status == 0 && dump.errorText.isEmpty, "\(dump.errorText)")
        let isVersion6 = instance.isEmpty && format == nil
        #expect(try readFile(output)[10] == (isVersion6 ? UInt8(ascii: "6") : UInt8(ascii: "7")))
    }
}
