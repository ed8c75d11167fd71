import Testing

@testable import trace_agent

struct OptionsTests {
    @Test(
        arguments: [
            ("64K", 65536), ("1M", 1 << 20), ("65536", 65536), ("128k", 131072), ("", nil), ("K", nil),
            ("-1K", nil),
            ("1G", nil), ("9999999999999M", nil), ("1.5M", nil), ("٣K", nil),
        ] as [(String, Int?)])
    func `reads sizes`(text: String, expected: Int?) {
        #expect(ByteSize(argument: text)?.bytes == expected)
    }

    @Test(
        arguments: [
            ("1s", 1000), ("500ms", 500), ("2", 2000), ("1m", 60_000), ("0", 0), ("", nil), ("s", nil),
            ("-1s", nil),
            ("1h", nil), ("25000m", nil), ("99999999999999999999", nil),
        ] as [(String, Int?)])
    func `reads times`(text: String, expected: Int?) {
        #expect(Interval(argument: text)?.milliseconds == expected)
    }

    @Test(
        arguments: [
            ("0", [0]), ("0-3,8", [0, 1, 2, 3, 8]), ("8,0-3,2", [0, 1, 2, 3, 8]), ("0-1\n", [0, 1]),
            ("", nil), ("3-1", nil),
            ("a", nil), ("0,", nil), ("1--2", nil), ("-1", nil), ("0-99999999", nil),
        ] as [(String, [Int]?)])
    func `reads lists of CPUs`(text: String, expected: [Int]?) {
        #expect(CPUList(text)?.cpus == expected)
    }

    @Test func `the original's command lines are taken`() throws {
        #expect(try Options.parse([]).pipeSize.bytes == 65536)
        let options = try Options.parse(["-o", "-s", "1M"])
        #expect(options.output)
        #expect(options.pipeSize.bytes == 1 << 20)
        #expect(throws: (any Error).self) { try Options.parse(["-s", "63K"]) }
        #expect(throws: (any Error).self) { try Options.parse(["-s", "2M"]) }
    }

    @Test func `what a host sent is shown without harm`() {
        #expect(Array("a\u{1b}[2J\"\\\n".utf8).escapedASCII == #"a\x1b[2J\"\\\x0a"#)
    }

    @Test func `a report is one JSON object on one line, and a table`() {
        let cpu = Report.CPU(
            cpu: 3, state: "idle", pages: 2, bytes: 8192, lost: 5, overwritten: 1, pending: 0, unread: 6,
            gone: 0,
            zeroSplices: 0,
            timesBlocked: 4)
        let report = Report(
            state: "stopped", instance: "a\"b", pageSize: 4096, cpus: [cpu, cpu], ordersRefused: 7,
            isComplete: true)
        #expect(
            report.json(answering: "stop") == """
                {"answer":"stop","version":"\(version)","state":"stopped","instance":"a\\"b","page_size":4096,\
                "complete":true,"orders_refused":7,"cpus":[\
                {"cpu":3,"state":"idle","bytes":8192,"pages":2,"lost":5,"overwritten":1,"pending":0,"unread":6,"gone":0,\
                "zero_splices":0,"blocked":4},\
                {"cpu":3,"state":"idle","bytes":8192,"pages":2,"lost":5,"overwritten":1,"pending":0,"unread":6,"gone":0,\
                "zero_splices":0,"blocked":4}],\
                "totals":{"bytes":16384,"pages":4,"lost":10,"overwritten":2,"pending":0,"unread":12,"gone":0,\
                "zero_splices":0,"blocked":8}}
                """)
        #expect(report.table.count == 4)
        #expect(Set(report.table.map(\.count)).count == 1)
        #expect(
            report.table.last?.split(separator: " ") == [
                "all", "4", "16384", "10", "2", "12", "0", "0", "0", "8",
            ])
    }
}
