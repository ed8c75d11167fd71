import CommandSupport
import Foundation
import Reactor
import Support
import Testing
import TraceFile

@testable import trace_host

/// Decoding and ordering, in process.
struct EventPrinterTests {
    private let folder = TemporaryFolder()

    private static let formats = [
        ForeignKernel.format(
            "task", id: 100,
            fields: [("char comm[16]", 16), ("int prio", 4), ("__data_loc char[] note", 4)],
            print: "\"%s prio=%d %s\", REC->comm, REC->prio, __get_str(note)"),
        ForeignKernel.format(
            "width", id: 101, fields: [("int n", 4), ("int m", 4)], print: "\"%*d\", REC->n, REC->m"),
        ForeignKernel.format(
            "quotient", id: 102, fields: [("int n", 4), ("int m", 4)], print: "\"%d\", REC->n / REC->m"),
        ForeignKernel.format(
            "array", id: 103, fields: [("__data_loc u8[] list", 4), ("int n", 4)],
            print: "\"%s\", __print_array(__get_dynamic_array(list), REC->n, 1)"),
        ForeignKernel.format(
            "index", id: 104, fields: [("u8 list[4]", 4), ("int n", 4)], print: "\"%d\", REC->list[REC->n]"),
        ForeignKernel.format(
            "deep", id: 105, fields: [("int n", 4)],
            print: "\"%d\", " + String(repeating: "(", count: 20_000) + "REC->n"),
        ForeignKernel.format(
            "open", id: 108, fields: [("u8 list[4]", 4)], print: "\"%d\", REC->list[0]]"),
        ForeignKernel.format(
            "far", id: 106,
            fields: [("char gap[60000]", 60_000), ("char more[60000]", 60_000), ("int n", 4)],
            print: "\"%d\", REC->n"),
        ForeignKernel.format(
            "switch", id: 107, fields: [("char prev_comm[16]", 16), ("int prev_pid", 4)],
            print: "\"prev_comm=%s prev_pid=%d\", REC->prev_comm, REC->prev_pid"),
    ]

    /// What is printed of pages, given by their CPUs.
    private func lines(
        _ pages: [(cpu: Int, [UInt8])], _ options: PrintOptions = PrintOptions(),
        of kernel: ForeignKernel = ForeignKernel(formats: formats), header: [UInt8]? = nil
    ) throws -> [String] {
        let path = "\(folder.path)/out"
        try writeBytes("\(folder.path)/head", header ?? kernel.header())
        try writeBytes(path, [])
        let printer = try EventPrinter(
            try TraceHeader(opening: "\(folder.path)/head"), cpus: [0, 1], options,
            to: EventOutput(try .open(path, .writeOnly)))
        for page in pages { printer.add(page.1, cpu: page.cpu) }
        try printer.print(isComplete: true)
        return try readText(path).split(separator: "\n").map(String.init)
    }

    private func word(_ number: UInt32) -> [UInt8] { ForeignKernel().bytes(number) }

    private func event(_ id: UInt16, _ content: [UInt8]) -> (cpu: Int, [UInt8]) {
        (0, ForeignKernel().page(at: 1000, [.event(id, content, delta: 0)]))
    }

    @Test func `events of two CPUs are printed in the order of time, with what was lost in its place`() throws
    {
        let kernel = ForeignKernel()
        let printed = try lines([
            (0, kernel.page(at: 1000, [.marker("a", delta: 0), .marker("c", delta: 2000), .timeExtend])),
            (0, kernel.page(at: 9000, [.marker("f", delta: 0)], loss: .counted(7))),
            (
                1,
                kernel.page(
                    at: 2000, [.marker("b", delta: 0), .discarded(bytes: 16), .marker("d", delta: 3000)])
            ),
            (1, kernel.page(at: 8000, [.marker("e", delta: 0)], loss: .uncounted)),
        ])
        #expect(
            printed.map { $0.split(separator: " ").last ?? "" } == [
                "a", "b", "c", "d", "DROPPED]", "e", "DROPPED]", "f",
            ])
        #expect(
            printed[0] == "        somebody-42    [000]     0.000001: print:                0x0: a",
            "\(printed[0])")
        #expect(printed[4] == "CPU:1 [EVENTS DROPPED]" && printed[6] == "CPU:0 [7 EVENTS DROPPED]")
    }

    @Test func `an event waits for another CPU, but not longer than the window`() throws {
        let kernel = ForeignKernel()
        let layout = try #require(PageLayout(headerPage: kernel.headerPage))
        let merger = EventMerger(layout, cpus: [0, 1], window: .seconds(60))
        merger.add(kernel.page(at: 2000, [.marker("b", delta: 0)]), cpu: 0)
        #expect(merger.next() == nil)
        merger.add(kernel.page(at: 1000, [.marker("a", delta: 0)]), cpu: 1)
        let first = try #require(merger.next())
        #expect(first.cpu == 1 && first.time == 1000)
        first.advance()
        #expect(merger.next() == nil && merger.next(isComplete: true)?.cpu == 0)

        let impatient = EventMerger(layout, cpus: [0, 1], window: .zero)
        impatient.add(kernel.page(at: 2000, [.marker("b", delta: 0)]), cpu: 0)
        impatient.next()?.advance()
        impatient.add(kernel.page(at: 1000, [.marker("a", delta: 0)]), cpu: 1)
        #expect(impatient.next()?.cpu == 1 && impatient.lateEvents == 1)
    }

    @Test func `what controls a terminal is not printed, and is escaped in JSON`() throws {
        let content =
            Array("\u{1b}[31mred".utf8) + Array(repeating: 0, count: 8) + word(7) + word(6 << 16 | 32)
            + Array("a\n\"b\"".utf8) + [0]
        let text = try lines([event(100, content)])
        #expect(
            text.count == 1 && text[0].hasSuffix("task:                 ?[31mred prio=7 a?\"b\""), "\(text)")
        var options = PrintOptions()
        options.form = .json
        struct Line: Decodable {
            struct Fields: Decodable, Equatable { let comm: String; let prio: Int; let note: String }
            let time: Int; let pid: Int; let comm: String; let system: String; let event: String;
            let text: String
            let fields: Fields
        }
        let object = try #require(try lines([event(100, content)], options).first)
        #expect(object.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7f })
        let line = try JSONDecoder().decode(Line.self, from: Data(object.utf8))
        #expect(line.fields == .init(comm: "\u{1b}[31mred", prio: 7, note: "a\n\"b\""))
        #expect(line.time == 1000 && line.pid == 42 && line.comm == "somebody" && line.event == "task")
        #expect(line.system == "foreign" && line.text == "\u{1b}[31mred prio=7 a\n\"b\"")
    }

    @Test(
        arguments: [
            (101, [2_000_000_000, 1]), (102, [1, 0]), (103, [64 << 16 | 60_000, 2_000_000_000]),
            (104, [0, 0x7fff_ffff]),
        ] as [(UInt16, [UInt32])])
    func `of a format in which a number of the record has no bound, the fields are printed`(
        id: UInt16, numbers: [UInt32]
    ) throws {
        let printed = try lines([event(id, numbers.flatMap(word))])
        #expect(printed.count == 1 && printed[0].contains("{\"\(id < 103 ? "n" : "list")\":"), "\(printed)")
        #expect(printed[0].utf8.count < 1000)
    }

    @Test func `formats that Linux does not have are not read, and records that are too short are bytes`()
        throws
    {
        let printed = try lines([
            event(105, word(5)), event(106, word(6)), event(100, word(7)), event(108, word(8)),
        ])
        #expect(printed.count == 4 && printed[3].contains("unknown:"))
        #expect(
            printed[0].contains("unknown:") && printed[0].hasSuffix("6900000" + "02a00000005000000"),
            "\(printed)")
        #expect(printed[1].contains("unknown:"))
        #expect(
            printed[2].contains("task:") && printed[2].hasSuffix("6400000" + "02a00000007000000"),
            "\(printed)")
    }

    @Test func `events are chosen by name and by a filter`() throws {
        let pages = [
            event(107, Array("a b=c".utf8) + Array(repeating: 0, count: 11) + word(5)),
            event(101, word(1) + word(2)),
        ]
        var options = PrintOptions()
        options.events = ["for*:sw?tch"]
        #expect(try lines(pages, options).count == 1)
        options.events = ["foreign"]
        #expect(try lines(pages, options).count == 2)
        options.events = ["print"]
        #expect(try lines(pages, options) == [])
        options.events = []
        options.filters = ["foreign/switch: prev_pid == 5"]
        #expect(try lines(pages, options).count == 1)
        options.filters = ["foreign/switch: prev_pid == 6"]
        #expect(try lines(pages, options) == [])
        options.filters = ["foreign/switch: ("]
        #expect(throws: Failure.self) { try lines(pages, options) }
    }

    @Test func `names of tasks have neither blanks nor equals signs for Perfetto`() throws {
        var options = PrintOptions()
        options.form = .perfetto
        let printed = try lines(
            [
                event(107, Array("a b=c".utf8) + Array(repeating: 0, count: 11) + word(5)),
                event(5, [0, 0, 0, 0, 0, 0, 0, 0] + Array("B|42|work\n".utf8) + [0]),
            ], options)
        #expect(printed.prefix(2) == ["# tracer: nop", "#"])
        #expect(
            printed[2] == "        somebody-42 [000]     0.000001000: switch: prev_comm=a_b_c prev_pid=5",
            "\(printed)")
        #expect(printed[3].hasSuffix(": print: B|42|work"))
    }

    @Test func `damaged headers, formats and pages do not crash the decoder`() throws {
        let runs = getenv("FUZZ_RUNS").flatMap { Int(String(cString: $0)) } ?? 300
        var read = 0
        for run in 0..<runs {
            var mutator = Mutator(seed: UInt64(run))
            let formats = Self.formats.filter { $0.utf8.count < 1000 }.map { format in
                Int.random(in: 0..<16, using: &mutator) > 0
                    ? format : String(decoding: mutator.damaged(Array(format.utf8)), as: UTF8.self)
            }
            let kernel = ForeignKernel(
                isBigEndian: Bool.random(using: &mutator), longSize: Bool.random(using: &mutator) ? 8 : 4,
                formats: formats)
            var pages: [(cpu: Int, [UInt8])] = []
            for cpu in 0...1 {
                let items = (0..<20).map { _ in
                    ForeignKernel.Item.event(
                        UInt16.random(in: 99...109, using: &mutator),
                        (0..<Int.random(in: 0...40, using: &mutator)).map { _ in
                            UInt8.random(in: 0...255, using: &mutator)
                        },
                        delta: UInt32.random(in: 0..<100, using: &mutator))
                }
                let page = kernel.page(at: 1000, items)
                pages.append((cpu, Bool.random(using: &mutator) ? mutator.damaged(page) : page))
            }
            var options = PrintOptions()
            options.usesPlugins = run % 8 == 0
            options.form = [.text, .json, .perfetto].randomElement(using: &mutator) ?? .text
            options.filters = ["foreign/task: comm ~ \"a\" || prio > 3"].filter { _ in
                Bool.random(using: &mutator)
            }
            // A damaged header may be refused, or lack the event of the filter.
            let header = Int.random(in: 0..<4, using: &mutator) > 0 ? nil : mutator.damaged(kernel.header())
            if let printed = try? lines(pages, options, of: kernel, header: header) {
                read += 1
                #expect(printed.allSatisfy { $0.utf8.count < 1 << 20 })
            }
        }
        #expect(read > runs / 2, "\(read)")
    }
}
