import Support
import Testing

/// The agent in a guest, on real ports that lead to FIFOs.
///
/// One boot serves all; each test starts its own agent.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct PortTests {
    private static let boot = Result { try Guest(.fifos) }
    private let guest: Guest
    private let answers: Connection

    init() throws {
        guest = try Self.boot.get()
        answers = try guest.answers()
    }

    private func order(_ word: String) throws -> Answer { try guest.order(word, answeredOn: answers) }

    @Test func `numbered records of two busy CPUs arrive once each, in order, and nothing after the stop`()
        throws
    {
        defer { guest.stopCatching() }
        try guest.startAgent()
        try guest.catchPages()
        try guest.order("1\n")
        #expect(try order("status").state == "streaming")
        let written = try guest.writeRecords(seconds: 3, rate: 50_000)
        let answer = try order("stop")
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.flaw == nil)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
            #expect(try guest.stat("entries", cpu: cpu) == 0)
            #expect(answer.cpus[cpu].lost == 0)
        }
        _ = try guest.writeRecords(seconds: 0.1, rate: 10_000)
        #expect(try order("status").totals.bytes == answer.totals.bytes)
        for cpu in 0...1 { #expect(try guest.caughtBytes(cpu: cpu) == answer.cpus[cpu].bytes) }
        try guest.order("1\n")
        let second = try order("stop")
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: second.cpus[cpu].bytes)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])) + Array(0..<1000))
        }
        #expect(try guest.endAgent().contains("stopped"))
    }

    @Test func `orders may come before the agent and before any reader`() throws {
        defer { guest.stopCatching() }
        try guest.run("echo > /sys/kernel/tracing/trace")
        try guest.order("1\n0\n")
        try guest.run("echo")
        try guest.startAgent()
        // What follows the digits in the stream is answered after them.
        #expect(try order("stop").state == "stopped")
        _ = try guest.writeRecords(seconds: 0.1, rate: 10_000)
        try guest.order("1\n0\n")
        let answer = try order("stop")
        try guest.catchPages()
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.numbers(of: cpu) == Array(0..<1000))
        }
        try guest.endAgent()
    }

    @Test func `a host that never reads costs memory within bounds, and neither order nor signal hangs`()
        throws
    {
        try guest.startAgent("--stop-timeout 1s")
        try guest.order("1\n")
        #expect(try order("status").state == "streaming")
        try guest.run("echo 3 > /proc/sys/vm/drop_caches")
        let before = try guest.number("sed -n 's/MemFree: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")
        let written = try guest.writeRecords(seconds: 5, rate: 100_000)
        #expect(try eventually { try order("status").cpus.allSatisfy { $0.state == "blocked" } })
        let after = try guest.number("sed -n 's/MemFree: *\\([0-9]*\\) kB/\\1/p' /proc/meminfo")
        // 8 MiB a port, and what the load itself and the shell left behind.
        #expect(before - after < 2 * 8192 + 3072)
        let answer = try order("stop")
        #expect(!answer.complete)
        #expect(answer.totals.lost > 0)
        try guest.order("start\n")
        _ = try answers.answer()
        try guest.endAgent()
        // What the ports had taken is the host's: it comes, whole, when somebody reads.
        defer { guest.stopCatching() }
        try guest.catchPages()
        for cpu in 0...1 {
            #expect(try guest.stat("overrun", cpu: cpu) >= answer.cpus[cpu].lost)
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.flaw == nil)
            let numbers = stream.numbers(of: cpu)
            #expect(numbers == Array(0..<UInt64(numbers.count)))
            #expect(numbers.count < written[cpu])
        }
    }

    @Test
    func `killed in the middle, then started again, the stream is whole pages and the next order works`()
        throws
    {
        defer { guest.stopCatching() }
        try guest.startAgent()
        try guest.catchPages()
        try guest.order("1\n")
        try guest.run("(trace-load write /sys/kernel/tracing 0 2 50000 64 > /tmp/count0 &)")
        #expect(try eventually { try guest.caughtBytes(cpu: 0) > 200_000 })
        try guest.endAgent("KILL")
        try guest.run("(trace-agent 2> /tmp/agent.log & echo $! > /tmp/agent.pid)")
        try guest.order("1\n")
        try guest.run("while pidof trace-load; do usleep 10000; done")
        let answer = try order("stop")
        #expect(answer.complete)
        #expect(answer.cpus[0].bytes > 0)
        // How much the first agent had sent, nobody knows: the last record tells that all has come.
        let last = UInt64(try guest.number("cat /tmp/count0")) - 1
        #expect(try eventually { try guest.caught(cpu: 0, bytes: 0).numbers(of: 0).last == last })
        let stream = try guest.caught(cpu: 0, bytes: 0)
        #expect(stream.flaw == nil)
        let numbers = stream.numbers(of: 0)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
        try guest.endAgent()
    }

    @Test func `a port that another program holds costs its CPU, and says who might`() throws {
        try guest.run("(sleep 60 < /dev/virtio-ports/trace-path-cpu1 & echo $! > /tmp/holder)")
        try guest.startAgent()
        let status = try order("status")
        #expect(status.cpus.map(\.state) == ["idle", "portless"])
        #expect(status.warnings.first?.hasPrefix("CPU 1 has no port") == true)
        #expect(try guest.run("cat /tmp/agent.log").contains("another program holds it"))
        #expect(try guest.run("trace-agent; echo $?").contains("agent-ctl-path: Device or resource busy"))
        try guest.run("kill $(cat /tmp/holder); while [ -d /proc/$(cat /tmp/holder) ]; do usleep 1000; done")
        try guest.order("1\n")
        #expect(try order("stop").cpus.map(\.state) == ["idle", "idle"])
        try guest.endAgent()
    }

    @Test func `a port that is unplugged and plugged in again goes on`() throws {
        defer { guest.stopCatching() }
        try guest.startAgent()
        try guest.catchPages()
        #expect(try order("start").state == "streaming")
        try guest.unplug("trace-path-cpu1")
        let written = try guest.writeRecords(seconds: 1, rate: 10_000)
        #expect(try eventually { try order("status").cpus[1].state == "unplugged" })
        #expect(try order("status").cpus[0].bytes > 0)
        try guest.plug("trace-path-cpu1")
        #expect(try eventually { try order("status").cpus[1].bytes > 0 })
        let answer = try order("stop")
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.flaw == nil)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
        try guest.endAgent()
    }

    @Test func `a port that goes and comes back while stopped is there for the next recording`() throws {
        defer { guest.stopCatching() }
        try guest.startAgent()
        #expect(try order("status").state == "stopped")
        try guest.unplug("trace-path-cpu1")
        try guest.plug("trace-path-cpu1")
        #expect(try eventually { try guest.run("cat /tmp/agent.log").contains("is back") })
        let written = try guest.writeRecords(seconds: 0.1, rate: 10_000)
        let answer = try order("dump")
        #expect(answer.complete)
        try guest.catchPages()
        let stream = try guest.caught(cpu: 1, bytes: answer.cpus[1].bytes)
        #expect(stream.numbers(of: 1).count == written[1])
        try guest.endAgent()
    }

    @Test func `an unplugged control port is found again`() throws {
        try guest.startAgent()
        #expect(try order("status").state == "stopped")
        try guest.unplug("agent-ctl-path")
        try guest.plug("agent-ctl-path")
        #expect(try eventually { try guest.run("cat /tmp/agent.log").contains("is back") })
        #expect(try order("start").state == "streaming")
        try guest.endAgent()
    }

    @Test func `a CPU that goes offline and comes back is traced on`() throws {
        defer { guest.stopCatching() }
        try guest.startAgent("--flush-interval 0")
        try guest.catchPages()
        #expect(try order("start").state == "streaming")
        let before = try guest.writeRecords(seconds: 0.5, rate: 20_000)
        try guest.run("echo 0 > /sys/devices/system/cpu/cpu1/online")
        // Its ring is still there, and its worker runs elsewhere.
        #expect(try order("stop").complete)
        #expect(try guest.stat("entries", cpu: 1) == 0)
        #expect(try order("start").state == "streaming")
        try guest.run("echo 1 > /sys/devices/system/cpu/cpu1/online")
        let after = try guest.writeRecords(seconds: 0.5, rate: 20_000)
        let answer = try order("stop")
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.flaw == nil)
            #expect(
                stream.numbers(of: cpu) == Array(0..<UInt64(before[cpu])) + Array(0..<UInt64(after[cpu])))
        }
        try guest.endAgent()
    }

    @Test func `a large pipe is clamped to what the port takes, and said`() throws {
        defer { guest.stopCatching() }
        try guest.startAgent("-s 1M")
        try guest.catchPages()
        try guest.order("1\n")
        let written = try guest.writeRecords(seconds: 1, rate: 50_000)
        let answer = try order("stop")
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
        #expect(try guest.endAgent().contains("the pipe is limited to 512K"))
    }

    @Test func `the guest's kernel has nothing to complain of`() throws {
        let log = try guest.run("dmesg")
        #expect(!log.contains("Oops") && !log.contains("WARNING") && !log.contains("BUG:"))
    }
}
