import CommandSupport
import Testing

struct ArgumentTests {
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

    @Test(arguments: ["0", "0-3,8", "0-1", "1,3,5-7", "2-4"])
    func `writes lists of CPUs as the kernel does`(text: String) throws {
        let list = try #require(CPUList(text))
        #expect("\(list)" == text)
        #expect(CPUList(list.cpus.reversed() + list.cpus) == list)
    }

    @Test func `what a host sent is escaped for a terminal`() {
        #expect(Array("a\u{1b}[2J\"\\\n".utf8).escapedASCII == #"a\x1b[2J\"\\\x0a"#)
    }
}
