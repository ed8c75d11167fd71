import Support
import Testing

/// A CPU that is plugged in while pages are streamed.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct LateCPUTests {
    @Test func `a CPU that comes late is served from its first event, and its ring buffer can be released`()
        throws
    {
        let guest = try Guest(.fifos, cpus: "1,maxcpus=2,sockets=1,cores=2")
        let answers = try guest.answers()
        defer { guest.stopCatching() }
        try guest.startAgent(ringKiB: 1024)
        try guest.catchPages()
        #expect(try !guest.canChangeTracer())
        #expect(try guest.order("release", answeredOn: answers).rings_released == true)
        #expect(try guest.canChangeTracer())
        #expect(try guest.order("start", answeredOn: answers).state == "streaming")
        #expect(
            try eventually { try guest.order("status", answeredOn: answers).cpus[1].state == "offline" })
        try guest.plugCPU(1)
        try guest.run("echo 1 > /sys/devices/system/cpu/cpu1/online")
        let written = try guest.writeRecords(seconds: 3, rate: 50_000)
        let answer = try guest.order("stop", answeredOn: answers)
        #expect(answer.complete)
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.flaw == nil && answer.cpus[cpu].lost == 0)
            let isWhole = stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu]))
            #expect(isWhole, "CPU \(cpu): \(stream.numbers(of: cpu).count) of \(written[cpu])")
        }
        // Being offline is nothing to complain of.
        let log = try guest.endAgent()
        #expect(!log.contains("warning"), "\(log)")
    }
}
