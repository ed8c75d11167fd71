import Testing

@testable import trace_agent

struct RingTests {
    @Test(arguments: [
        ("1408\n", 1408 << 10), ("7 (expanded: 1408)\n", 1408 << 10), ("X\n", nil as Int?), ("", nil),
    ])
    func `reads a ring's size`(text: String, expected: Int?) {
        #expect(RingGeometry.ringSize(fromBufferSize: text) == expected)
    }

    @Test(arguments: [
        (1408 << 10, 10), (2 << 20, 25), (8 << 20, 25), (16 << 20, 50), (1 << 30, 50),
        // At least two sub-buffers, and never more than all.
        (64 << 10, 13), (8 << 10, 100), (4 << 10, 100), (0, 100),
    ])
    func `chooses when a ring is reported`(bytes: Int, expected: Int) {
        #expect(RingGeometry.bufferPercent(ringOf: bytes, pageSize: 4096) == expected)
    }

    @Test func `reads the counters of a ring buffer`() {
        func stats(lost: Int) -> RingStats {
            RingStats(
                parsing: """
                    entries: 12
                    overrun: \(lost)
                    commit overrun: 0
                    bytes: 1234
                    oldest event ts:  1.000000
                    now ts:  2.000000
                    dropped events: 0
                    read events: 30

                    """)
        }
        let others = RingStats(
            parsing: "entries: 12\noverrun: 1\ncommit overrun: 1\ndropped events: 1\nread events: 30\n")
        #expect(stats(lost: 3).lost == 3 && others.lost == 3)
        #expect(others.writtenAtMost == 12 + 30 + 1 && others.read == 30)
        #expect(stats(lost: 3).unread == 12)
    }

    @Test func `a port without indirect descriptors takes single pages`() {
        let plain = String(repeating: "0", count: 64)
        #expect(PortQueue.pagesPerSplice(features: plain) == 1)
        #expect(PortQueue.pagesPerSplice(features: "") == 1)
        let indirect = String(repeating: "0", count: 28) + "1" + String(repeating: "0", count: 35)
        #expect(PortQueue.pagesPerSplice(features: indirect) == 128)
    }
}
