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

    /// What is wrong with a stream of these bytes.
    private func problem(_ bytes: [UInt8]) throws -> String? {
        do { _ = try stream(bytes).survey(layout) } catch let error as TraceFileError {
            return error.description
        }
        return nil
    }

    @Test func `a stream is added up, and a torn last page left out`() throws {
        let pages =
            kernel.page(at: 5, [.marker("a", delta: 0)])
            + kernel.page(at: 5, [.marker("b", delta: 0), .marker("c", delta: 0)], loss: .counted(7))
            + kernel.page(at: 9, [.marker("d", delta: 0)], loss: .uncounted)
        let contents = try stream(pages + kernel.page(at: 10, [.marker("e", delta: 0)])[..<100])
            .survey(try layout)
        #expect(contents.pages == 3)
        #expect(contents.events == 4)
        #expect(contents.lost == 7)
        #expect(contents.uncountedLosses == 1)
        #expect(contents.tornBytes == 100)
        #expect(contents.bytes == 3 * 4096)
    }

    @Test func `an empty stream is one`() throws {
        #expect(try stream([]).survey(try layout) == CPUStream.Contents())
    }

    @Test func `what is wrong with a stream is said, and where`() throws {
        let page = kernel.page(at: 100, [.marker("a", delta: 0)])
        let earlier = kernel.page(at: 99, [.marker("b", delta: 0)])
        let empty = [UInt8](repeating: 0, count: 4096)
        let path = "\(folder.path)/cpu0"
        #expect(try problem(page + page + empty) == "\(path): page 2, at byte 8192, holds no event")
        #expect(
            try problem(page + earlier)
                == "\(path): page 1, at byte 4096, begins at 99, before the page in front of it, which does at 100: are these pages of several CPUs, or has the clock been changed, or the machine started again?"
        )
        #expect(try problem(page) == nil)
        #expect(
            try problem(Array(repeating: 0xff, count: 4096))
                == "\(path): page 0, at byte 0, says that it holds 1073741823 bytes of events, but has room for 4080"
        )
        // More than is read at a time.
        let many = (0..<600).flatMap { kernel.page(at: UInt64($0), [.marker("a", delta: 0)]) }
        #expect(try problem(many + empty) == "\(path): page 600, at byte 2457600, holds no event")
    }

    @Test(
        .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"),
        arguments: ["", "box"])
    func `a file without a single event is one`(instance: String) throws {
        let header = try TraceHeader(opening: try file("header", kernel.header(instance: instance)))
        let assembly = try Assembly(header, [try stream([], "cpu0"), try stream([], "cpu1")])
        let output = try NewFile(at: "\(folder.path)/trace.dat")
        try assembly.write(try assembly.survey(), to: output.content)
        try output.replaceTarget()
        #expect(try TraceReport(of: "\(folder.path)/trace.dat").events.isEmpty)
    }

    @Test func `a header says what it is of`() throws {
        let header = try TraceHeader(opening: try file("header", kernel.header(eventsRead: [3, 1])))
        #expect(header.cpus == 2)
        #expect(header.clock == "local")
        #expect(header.machine == "Linux somewhere 6.1.0 foreign")
        #expect(header.layout == (try layout))
        #expect(header.eventsRead(cpu: 1) == 1)
        #expect(header.eventsRead(cpu: 2) == nil)
    }

    @Test func `the answer in front of a header is no harm`() throws {
        let line = Array("{\"answer\":\"metadata\",\"bytes\":17}\n".utf8)
        let header = try TraceHeader(opening: try file("header", line + kernel.header()))
        #expect(header.start == line.count)
        #expect(header.size == kernel.header().count)
    }

    @Test func `a header that is cut anywhere is refused, and in which part it was cut`() throws {
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
                    Issue.record("a header of \(length) bytes was taken")
                } catch {
                    let message = error.description
                    let isNamed =
                        names.split(separator: "|").contains { message.contains($0) } || names.isEmpty
                    #expect(isNamed || message.contains("header_page"), "\(length): \(message)")
                    #expect(message.contains(length == 0 ? "empty" : "cut short"), "\(length): \(message)")
                }
            }
            start += part.count
        }
    }

    @Test func `numbers in a header that make no sense are refused`() throws {
        var bytes = kernel.header()
        for offset in bytes.indices {
            let found = bytes[offset]
            bytes[offset] ^= 0xff
            // Whatever it says, it neither traps nor takes memory by the number.
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

    @Test func `a page size that is not the pages' is refused: readers believe it`() throws {
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
    func `a header that does not say which clock is in use makes a file all the same`(instance: String) throws
    {
        let clocks = Array("[local]".utf8)
        var bytes = kernel.header(instance: instance)
        let place = try #require(bytes.indices.first { bytes[$0...].starts(with: clocks) })
        bytes[place] = UInt8(ascii: " ")
        let header = try TraceHeader(opening: try file("header", bytes))
        #expect(header.clock.isEmpty)
        let assembly = try Assembly(header, [try stream(kernel.page(at: 1, [.marker("hello", delta: 0)]))])
        let output = try NewFile(at: "\(folder.path)/trace.dat")
        try assembly.write(try assembly.survey(), to: output.content)
        try output.replaceTarget()
        #expect(try TraceReport(of: "\(folder.path)/trace.dat").markers("hello").count == 1)
    }

    @Test func `more streams than CPUs, and a stream that is given twice, are refused`() throws {
        let header = try TraceHeader(opening: try file("header", kernel.header(cpus: 1)))
        let one = try stream([], "cpu0")
        #expect(throws: TraceFileError.self) { try Assembly(header, [one, try stream([], "cpu1")]) }
        let two = try TraceHeader(opening: try file("header", kernel.header(cpus: 2)))
        // Empty ones stand for CPUs that were not traced.
        _ = try Assembly(two, [one, try CPUStream(opening: one.name)])
        let full = try stream([1], "full")
        #expect(throws: TraceFileError.self) { try Assembly(two, [full, try CPUStream(opening: full.name)]) }
    }

    @Test func `a FIFO is no stream, and a folder no header`() throws {
        try makeFIFO("\(folder.path)/fifo")
        #expect(throws: TraceFileError.self) { try CPUStream(opening: folder.path) }
        #expect(throws: TraceFileError.self) { try TraceHeader(opening: folder.path) }
    }

    /// trace-cmd as the judge: what a machine of another byte order or word size recorded reads as it should.
    @Test(
        .enabled(if: Machine.hasGuest, "needs trace-cmd, which `make guest` installs"),
        arguments: [
            ForeignKernel(), ForeignKernel(longSize: 4), ForeignKernel(isBigEndian: true),
            ForeignKernel(isBigEndian: true, longSize: 4), ForeignKernel(pageSize: 16384),
        ], ["", "box"])
    func `files of other machines read right, in version 6 and 7`(kernel: ForeignKernel, instance: String)
        throws
    {
        let header = try TraceHeader(opening: try file("header", kernel.header(instance: instance)))
        #expect(header.instance == instance)
        let streams = [
            try stream(
                kernel.page(at: 1_000_000, [.marker("hello", delta: 0)])
                    + kernel.page(at: 3_000_000, [.marker("again", delta: 1000)], loss: .counted(3)), "cpu0"),
            try stream(kernel.page(at: 2_000_000, [.marker("world", delta: 500)]), "cpu1"),
        ]
        let assembly = try Assembly(header, streams)
        let output = "\(folder.path)/trace.dat"
        let file = try NewFile(at: output)
        var shares: [Int] = []
        let contents = try assembly.survey { done, total throws(TraceFileError) in
            shares.append(done * 100 / total)
        }
        try assembly.write(contents, to: file.content) { done, total throws(TraceFileError) in
            shares.append(done * 100 / total)
        }
        try file.replaceTarget()
        #expect(shares == shares.sorted() && shares.last == 100)
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
                // After this note trace-cmd leaves the instance out.
                "somebody-42 [000] 0.003001: print: 0x0: again",
            ])
        let dump = try Command("trace-cmd", ["dump", "--all", "-i", output])
        #expect(dump.status == 0 && dump.errorText.isEmpty, "\(dump.errorText)")
        #expect(try readFile(output)[10] == (instance.isEmpty ? UInt8(ascii: "6") : UInt8(ascii: "7")))
    }
}
