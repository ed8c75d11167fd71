import Support
import Testing

/// What a guest can lose, and what the answer says of it: a boot of their own, because the ports are left full.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct LossTests {
    private static let boot = Result { try Guest(.fifos) }
    private let guest: Guest
    private let answers: Connection

    init() throws {
        guest = try Self.boot.get()
        answers = try guest.answers()
    }

    private func order(_ word: String) throws -> Answer { try guest.order(word, answeredOn: answers) }

    @Test func `snapshots lose nothing but what they take, and the answer says that they were taken`() throws
    {
        defer { guest.stopCatching() }
        try guest.startAgent(ringKiB: 1024)
        try guest.catchPages()
        try guest.order("1\n")
        let snapshots = "for n in 1 2 3 4 5; do usleep 700000; echo 1 > /sys/kernel/tracing/snapshot; done"
        try guest.run("(\(snapshots)) & echo")
        let written = try guest.writeRecords(seconds: 5, rate: 50_000)
        try guest.run("wait")
        // An odd number has left the snapshot's buffer in place: its twin has the rest.
        let first = try order("stop")
        try guest.run("echo 1 > /sys/kernel/tracing/snapshot")
        try guest.order("1\n")
        let answer = try order("stop")
        #expect(!first.complete)
        #expect(first.warnings.contains { $0.contains("exchanged for its snapshot") })
        for cpu in 0...1 {
            #expect(answer.cpus[cpu].lost == 0)
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            let isWhole = stream.numbers(of: cpu).sorted() == Array(0..<UInt64(written[cpu]))
            #expect(isWhole, "CPU \(cpu): \(stream.numbers(of: cpu).count) of \(written[cpu])")
        }
        try guest.endAgent()
        try guest.run("echo 0 > /sys/kernel/tracing/snapshot")
    }

    /// Everything at once, eight times in ten seconds.
    private static let treatment = """
        cd /sys/kernel/tracing
        for n in 1 2 3 4 5 6 7 8; do
            usleep 400000; echo 1 > snapshot
            usleep 100000; echo 0 > /sys/devices/system/cpu/cpu1/online
            usleep 200000; echo 1 > /sys/devices/system/cpu/cpu1/online
            echo 0 > buffer_percent; usleep 100000; echo 4096 > buffer_size_kb
            usleep 100000; echo 2048 > buffer_size_kb
            echo 0 > tracing_on; usleep 20000; echo 1 > tracing_on
        done
        """

    @Test func `whatever is done to the rings, the account is the kernel's`() throws {
        defer { guest.stopCatching() }
        try guest.run("echo 0 > /sys/kernel/tracing/snapshot")
        try guest.startAgent(ringKiB: 2048)
        try guest.catchPages()
        try guest.order("1\n")
        try guest.run("(\(Self.treatment)) > /tmp/treatment 2>&1 & echo")
        let written = try guest.writeRecords(seconds: 10, rate: 50_000)
        try guest.run("wait")
        #expect(try guest.run("cat /tmp/treatment") == "")
        _ = try order("stop")
        try guest.run("echo 1 > /sys/kernel/tracing/snapshot")
        try guest.order("1\n")
        let answer = try order("stop")
        var received: [[UInt64]] = [[], []]
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            for tag in 0...1 { received[tag] += stream.numbers(of: tag) }
        }
        let lost = answer.totals.lost
        #expect(received.joined().count + lost == written.reduce(0, +))
        for tag in 0...1 {
            let isEachOnce = Set(received[tag]).count == received[tag].count
            #expect(isEachOnce && (lost > 0 || received[tag].count == written[tag]))
        }
        #expect(answer.totals.swaps > 0)
        try guest.endAgent()
        try guest.run("echo 0 > /sys/kernel/tracing/snapshot")
    }

    @Test func `what was on its way to a port that is unplugged is bounded`() throws {
        try guest.startAgent("--flush-interval 100ms")
        try guest.order("1\n")
        let written = try guest.writeRecords(seconds: 0.2, rate: 5000)
        // Nobody reads: all of it is in the port's queue.
        #expect(try eventually { try order("status").cpus.allSatisfy { $0.unread == 0 && $0.bytes > 0 } })
        try guest.unplug("trace-path-cpu1")
        _ = try guest.writeRecords(seconds: 0.1, rate: 5000)
        #expect(try eventually { try order("status").cpus[1].state == "unplugged" })
        let cpu = try order("stop").cpus[1]
        #expect(written[1] == 1000)
        #expect(cpu.unconfirmed > 0 && cpu.unconfirmed == cpu.bytes)
        try guest.endAgent()
    }
}
