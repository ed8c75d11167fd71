import Testing

@testable import trace_agent

/// The kernel's counters of a ring buffer that is cleared, or exchanged for its snapshot and back.
struct LossCountTests {
    private func stats(read: Int, lost: Int, unread: Int = 0) -> RingStats {
        RingStats(parsing: "entries: \(unread)\noverrun: \(lost)\nread events: \(read)\n")
    }

    @Test func `differences add up, while streaming and while stopped`() {
        var losses = LossCount()
        losses.begin(at: stats(read: 0, lost: 100))
        losses.add(stats(read: 0, lost: 150), bytesTaken: 0, streaming: false)
        losses.add(stats(read: 10, lost: 157), bytesTaken: 4096, streaming: true)
        #expect(losses.whileStopped == 50)
        #expect(losses.whileStreaming == 7)
        #expect(losses.swaps == 0)
    }

    @Test func `counters that fall are those of a ring buffer that was cleared`() {
        var losses = LossCount()
        losses.begin(at: stats(read: 500, lost: 100))
        losses.add(stats(read: 3, lost: 5), bytesTaken: 4096, streaming: true)
        #expect(losses.whileStreaming == 5)
        #expect(losses.swaps == 1)
        losses.add(stats(read: 0, lost: 0), bytesTaken: 0, streaming: false)
        #expect(losses.swaps == 1, "while stopped, clearing it is an administrator's right")
    }

    @Test func `each of two ring buffers that are exchanged is counted by itself`() {
        var losses = LossCount()
        losses.begin(at: stats(read: 0, lost: 0))
        losses.add(stats(read: 5000, lost: 70), bytesTaken: 100 * 4096, streaming: true)
        // A snapshot: a new ring buffer, then the old one again.
        losses.add(stats(read: 900, lost: 3), bytesTaken: 20 * 4096, streaming: true)
        losses.add(stats(read: 5400, lost: 75), bytesTaken: 8 * 4096, streaming: true)
        losses.add(stats(read: 5900, lost: 76), bytesTaken: 10 * 4096, streaming: true)
        losses.add(stats(read: 1000, lost: 10), bytesTaken: 3 * 4096, streaming: true)
        #expect(losses.whileStreaming == 76 + 10)
        #expect(losses.swaps == 3)
    }

    @Test func `without a page taken, other numbers of read events mean another ring buffer`() {
        var losses = LossCount()
        losses.begin(at: stats(read: 100, lost: 0))
        losses.add(stats(read: 0, lost: 0, unread: 5), bytesTaken: 0, streaming: true)
        losses.add(stats(read: 100, lost: 4), bytesTaken: 0, streaming: true)
        #expect(losses.whileStreaming == 4)
        #expect(losses.swaps == 2)
        // Somebody else reads the same ring buffer.
        losses.add(stats(read: 130, lost: 4), bytesTaken: 0, streaming: true)
        #expect(losses.swaps == 2)
    }

    @Test func `counters that were read while events were taken are not those of another ring buffer`() {
        var losses = LossCount()
        losses.begin(at: stats(read: 0, lost: 10))
        // It reads the number of unread events first: they are among those that were read, too.
        losses.add(stats(read: 900, lost: 3100, unread: 900), bytesTaken: 17 * 4096, streaming: true)
        losses.add(stats(read: 900, lost: 3100), bytesTaken: 0, streaming: true)
        #expect(losses.whileStreaming == 3090)
        #expect(losses.swaps == 0)
        // What was not taken is still known: it was cleared.
        losses.add(stats(read: 900, lost: 3100, unread: 50), bytesTaken: 0, streaming: true)
        losses.add(stats(read: 900, lost: 3100, unread: 3), bytesTaken: 0, streaming: true)
        #expect(losses.swaps == 1)
    }

    @Test func `counting begins once the counters can be read`() {
        var losses = LossCount()
        losses.add(stats(read: 50, lost: 1000), bytesTaken: 0, streaming: true)
        losses.add(stats(read: 60, lost: 1001), bytesTaken: 4096, streaming: true)
        #expect(losses.whileStreaming == 1)
    }
}
