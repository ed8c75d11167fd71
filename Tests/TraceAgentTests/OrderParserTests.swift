import Testing

@testable import trace_agent

private let start = Order.start(answered: false)
private let stop = Order.stop(answered: false)

struct OrderParserTests {
    @Test(arguments: [
        ("1\n", [start]),
        ("0\n1\n", [stop, start]),
        ("1\r\n0\r\n", [start, stop]),
        (" 1 \n\t0\n", [start, stop]),
        ("10\n", [start, stop]),
        ("1 0\n", [start, stop]),
        ("\n\n \r\n", []),
        ("start\nstop\nstatus\n", [.start(answered: true), .stop(answered: true), .status]),
        ("  status \r\n", [.status]), ("dump\nmetadata\n", [.dump, .metadata]),
        ("Start\n", [.unknown(Array("Start".utf8))]),
        ("2\n", [.unknown(Array("2".utf8))]),
        ("12\n1\n", [.unknown(Array("12".utf8)), start]),
        ("1", []),
        ("\u{0}1\n", [.unknown([0, 0x31])]),
    ])
    func `turns lines into orders`(text: String, expected: [Order]) {
        var parser = OrderParser()
        #expect(parser.parse(text.utf8) == expected)
    }

    @Test(arguments: [
        ("1", [start]), ("0", [stop]), ("10", [start, stop]), ("1\n0", [start, stop]), (" 1", [start]),
        ("stat", []), ("", []), ("12", []),
    ])
    func `digits are orders without a newline, once nothing more is there`(text: String, expected: [Order]) {
        var parser = OrderParser()
        #expect(parser.parse(text.utf8) + parser.pause() == expected)
        #expect(parser.pause() == [])
    }

    @Test func `a newline that comes after its digit is not another order`() {
        var parser = OrderParser()
        #expect(parser.parse("1".utf8) + parser.pause() == [start])
        #expect(parser.parse("\n".utf8) == [])
    }

    @Test(arguments: [
        "1\n0\nstart\nnonsense\n\u{e9}\nstatus\n10\n", String(repeating: "x", count: 400) + "\n1\nstop\n",
    ])
    func `how the bytes are split makes no difference`(text: String) {
        var whole = OrderParser()
        let expected = whole.parse(text.utf8)
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
            var parser = OrderParser()
            var orders: [Order] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                orders += parser.parse(bytes[start..<min(start + size, bytes.count)])
            }
            #expect(orders == expected)
        }
    }

    @Test func `a line that is too long is refused once, and the next one is heard`() {
        var parser = OrderParser()
        let fits = String(repeating: "y", count: OrderParser.longestLine)
        #expect(
            parser.parse((fits + "\n").utf8) == [.unknown(Array(repeating: UInt8(ascii: "y"), count: 64))])
        let tooLong = String(repeating: "1", count: 100_000)
        let orders = parser.parse((tooLong + "\n0\n").utf8)
        #expect(orders == [.unknown(Array(repeating: UInt8(ascii: "1"), count: 64)), stop])
    }

    @Test func `digits at the end of a line that is too long are no orders`() {
        var parser = OrderParser()
        _ = parser.parse(String(repeating: "x", count: 300).utf8)
        #expect(parser.parse("1".utf8) + parser.pause() == [])
    }

    @Test func `half an order goes with its sender`() {
        var parser = OrderParser()
        _ = parser.parse("sta".utf8)
        parser.reset()
        #expect(parser.parse("stop\n".utf8) == [.stop(answered: true)])
    }

    @Test func `any bytes at all leave the parser able to hear the next line`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var parser = OrderParser()
            let noise = (0..<Int.random(in: 0...600, using: &generator)).map { _ in UInt8.random(in: 0...255)
            }
            _ = parser.parse(noise)
            _ = parser.pause()
            _ = parser.parse([UInt8(ascii: "\n")])
            #expect(parser.parse("status\n".utf8) == [.status])
        }
    }
}
