import ControlProtocol
import Support
import Testing

private let start = Order.digitStart
private let stop = Order.digitStop

struct OrderParserTests {
    @Test(arguments: [
        ("1\n", [start]),
        ("0\n1\n", [stop, start]),
        ("1\r\n0\r\n", [start, stop]),
        (" 1 \n\t0\n", [start, stop]),
        ("10\n", [start, stop]),
        ("1 0\n", [start, stop]),
        ("\n\n \r\n", []),
        ("start\nstop\nstatus\n", [.word(.start), .word(.stop), .word(.status)]),
        ("  status \r\n", [.word(.status)]), ("dump\nmetadata\n", [.word(.dump), .word(.metadata)]),
        ("Start\n", [.unknown(Array("Start".utf8))]),
        ("2\n", [.unknown(Array("2".utf8))]),
        ("12\n1\n", [.unknown(Array("12".utf8)), start]),
        ("1", []),
        ("\u{0}1\n", [.unknown([0, 0x31])]),
        ("1\n1\n\n 11 \n0\n0\n1\n", [start, stop, start]),
        ("1\nstart\n1\nstart\nstart\n", [start, .word(.start), start, .word(.start), .word(.start)]),
        ("1\n2\n1\n", [start, .unknown(Array("2".utf8)), start]),
    ])
    func `turns lines into orders`(text: String, expected: [Order]) {
        var parser = OrderParser()
        #expect(parser.parse(Array(text.utf8)) == expected)
    }

    @Test(arguments: [
        ("status id=42", "status", "42"), ("  stop \t id=a.B_c-9 \r", "stop", "a.B_c-9"),
        ("metadata id=" + String(repeating: "x", count: 32), "metadata", String(repeating: "x", count: 32)),
    ])
    func `an order may have an id`(line: String, word: String, id: String) throws {
        var parser = OrderParser()
        let request = Request(try #require(OrderWord(rawValue: word)), id: OrderID(rawValue: id))
        #expect(request.id?.rawValue == id)
        #expect(parser.parse(Array("\(line)\n".utf8)) == [.known(request)])
        #expect(parser.parse(Array("\(request.line)\n".utf8)) == [.known(request)])
    }

    @Test(arguments: [
        "status id=", "status id=a/b", "status id=a b", "status id=\u{e9}", "status 42", "status ID=42",
        "status id =42", "status id= 42", "id=42", "id=42 status", "1 id=42", "status id=\"a\"",
        "status id=1 id=1", "stop now", "status id=" + String(repeating: "x", count: 33),
    ])
    func `an order with another argument is refused whole`(line: String) {
        var parser = OrderParser()
        #expect(parser.parse(Array("\(line)\n".utf8)) == [.unknown(Array(line.utf8.prefix(64)))])
    }

    @Test(arguments: [
        "setup id=7 {\"events\":[{\"filter\":\"a == \\\"b\\\"\",\"name\":\"sched:*\"}],\"clock\":\"mono\",\"buffer_kb\":64,\"pids\":[3]}",
        "setup {\"events\":[],\"tracer\":\"nop\"}", "clear id=1", "clear", "tracing on", "tracing id=x off",
    ])
    func `an order may take something, and is written as it is read`(line: String) throws {
        var parser = OrderParser()
        guard case .known(let request)? = parser.parse(Array(" \(line) \r\n".utf8)).first else {
            throw TestFailure("refused: \(line)")
        }
        #expect(request.change?.word == request.word && request.word.changesInstance)
        let written = request.line
        #expect(parser.parse(Array("\(written)\n".utf8)) == [.known(request)])
        #expect(line.hasPrefix(request.word.rawValue) && written.count == line.count)
    }

    @Test(arguments: [
        "tracing", "tracing maybe", "tracing on off", "tracing ON", "clear all", "clear id=", "status on",
        "setup id=a/b {}", "start {}", "tracing off id=3",
    ])
    func `an order that takes something else is refused whole`(line: String) {
        var parser = OrderParser()
        #expect(parser.parse(Array("\(line)\n".utf8)) == [.unknown(Array(line.utf8))])
    }

    @Test func `a set-up may be longer than other orders, up to a limit`() {
        var parser = OrderParser()
        let names = Array(repeating: "{\"name\":\"sched_switch\"}", count: 64).joined(separator: ",")
        let line = "setup {\"events\":[\(names)]}"
        guard case .known(let request)? = parser.parse(Array("\(line)\n".utf8)).first else {
            return #expect(Bool(false))
        }
        #expect(request.line == line)
        let long = "setup " + String(repeating: "x", count: 4091)
        let parsed = parser.parse(Array("\(long)\nstop\n".utf8))
        #expect(parsed == [.unknown(Array(long.utf8.prefix(64))), .word(.stop)])
        // Nothing else may be.
        let other = "setups" + String(repeating: "x", count: 251)
        #expect(parser.parse(Array("\(other)\n".utf8)) == [.unknown(Array(other.utf8.prefix(64)))])
    }

    @Test func `random ids are ids, and differ`() {
        let ids = (0..<100).map { _ in OrderID.random() }
        #expect(ids.allSatisfy { OrderID(rawValue: $0.rawValue) == $0 })
        #expect(Set(ids).count == 100)
    }

    @Test(arguments: [
        ("1", [start]), ("0", [stop]), ("10", [start, stop]), ("1\n0", [start, stop]), (" 1", [start]),
        ("stat", []), ("", []), ("12", []),
    ])
    func `digits are orders without a newline, once nothing more is there`(text: String, expected: [Order]) {
        var parser = OrderParser()
        #expect(parser.parse(Array(text.utf8)) + parser.endOfRead() == expected)
        #expect(parser.endOfRead() == [])
    }

    @Test func `a newline that comes after its digit is not another order`() {
        var parser = OrderParser()
        #expect(parser.parse(Array("1".utf8)) + parser.endOfRead() == [start])
        #expect(parser.parse(Array("\n".utf8)) == [])
    }

    @Test(arguments: [
        "1\n0\nstart\nnonsense\n\u{e9}\nstatus\n10\n", String(repeating: "x", count: 400) + "\n1\nstop\n",
    ])
    func `how the bytes are split makes no difference`(text: String) {
        var whole = OrderParser()
        let expected = whole.parse(Array(text.utf8))
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
            var parser = OrderParser()
            var orders: [Order] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                orders += parser.parse(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            #expect(orders == expected)
        }
    }

    @Test func `a line that is too long is refused once, and the next one is parsed`() {
        var parser = OrderParser()
        let fits = String(repeating: "y", count: OrderParser.longestLine)
        #expect(
            parser.parse(Array((fits + "\n").utf8)) == [
                .unknown(Array(repeating: UInt8(ascii: "y"), count: 64))
            ])
        let tooLong = String(repeating: "1", count: 100_000)
        let orders = parser.parse(Array((tooLong + "\n0\n").utf8))
        #expect(orders == [.unknown(Array(repeating: UInt8(ascii: "1"), count: 64)), stop])
    }

    @Test(arguments: [0, 1])
    func `the longest set-up is read, and a longer one is known to be too long`(more: Int) throws {
        var setup = TraceSetup()
        setup.tracer = ""
        let rest = Request(.setup(setup)).line.utf8.count
        setup.tracer = String(repeating: "t", count: OrderParser.longestSetup - rest + more)
        let request = Request(.setup(setup))
        #expect(request.isTooLong == (more > 0))
        var parser = OrderParser()
        let orders = parser.parse(Array("\(request.line)\n".utf8))
        let isRefused = orders == [.unknown(Array(request.line.utf8.prefix(64)))]
        #expect(orders.count == 1 && isRefused == (more > 0))
    }

    @Test func `digits at the end of a line that is too long are not orders`() {
        var parser = OrderParser()
        _ = parser.parse(Array(String(repeating: "x", count: 300).utf8))
        #expect(parser.parse(Array("1".utf8)) + parser.endOfRead() == [])
    }

    @Test(arguments: [
        ("sta", true, Order.unknown(Array("sta".utf8))), (" x ", true, .unknown(Array("x".utf8))),
        ("  ", true, nil), ("stop\n", false, nil), ("", false, nil),
        // It was refused when it became too long.
        (String(repeating: "x", count: 300), true, nil),
    ])
    func `an unfinished line can be dropped, and the next one is parsed`(
        text: String, isUnfinished: Bool, refused: Order?
    ) {
        var parser = OrderParser()
        _ = parser.parse(Array(text.utf8))
        #expect(parser.hasUnfinishedLine == isUnfinished)
        #expect(parser.dropUnfinishedLine() == refused)
        #expect(!parser.hasUnfinishedLine)
        #expect(parser.parse(Array("stop\n".utf8)) == [.word(.stop)])
    }

    @Test func `half an order is dropped with its sender`() {
        var parser = OrderParser()
        _ = parser.parse(Array("sta".utf8))
        parser.reset()
        #expect(parser.parse(Array("stop\n".utf8)) == [.word(.stop)])
    }

    @Test func `any bytes at all leave the parser able to parse the next line`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var parser = OrderParser()
            let noise = (0..<Int.random(in: 0...600, using: &generator)).map { _ in UInt8.random(in: 0...255)
            }
            _ = parser.parse(noise)
            _ = parser.endOfRead()
            _ = parser.parse([UInt8(ascii: "\n")])
            #expect(parser.parse(Array("status\n".utf8)) == [.word(.status)])
        }
    }
}
