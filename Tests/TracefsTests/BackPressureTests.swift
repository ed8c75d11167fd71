import Glibc
import Reactor
import Support
import Testing

@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct BackPressureTests {
    @Test func `an order may come before anybody opens the data FIFOs`() throws {
        let rig = try AgentRig(.fifos)
        try rig.control.send("1\n")
        try rig.instance.write(200, cpu: 0)
        let host = Connection(try FileDescriptor.open(rig.path(cpu: 0), .readOnly))
        let answer = try rig.control.order("stop")
        let bytes = try host.bytes(answer.cpus[0].bytes)
        #expect(
            PageStream(bytes, rawDataType: try TraceInstance.rawDataType()).numbers(of: 0) == Array(0..<200))
    }

    @Test func `a port that nobody reads holds up nothing but itself, and its loss is the kernel's`() throws {
        let rig = try AgentRig(.fifos, ringKiB: 128, options: ["--stop-timeout", "300ms"])
        let host = Connection(try FileDescriptor.open(rig.path(cpu: 1), .readOnly))
        _ = try rig.control.order("start")
        _ = try rig.instance.startLoad(cpu: 0, seconds: 0.2, rate: 100_000).recordsWritten()
        try rig.instance.write(100, cpu: 1)
        let answer = try rig.control.order("stop")
        #expect(!answer.complete)
        #expect(answer.cpus[0].lost > 0)
        #expect(try answer.cpus[0].lost == rig.instance.lost(cpu: 0))
        #expect(answer.cpus[0].blocked == 1)
        // The FIFO is full, and the pipe before it holds no more than its size.
        #expect(answer.cpus[0].bytes == 64 << 10)
        #expect((4096...64 << 10).contains(answer.cpus[0].pending))
        let other = PageStream(
            try host.bytes(answer.cpus[1].bytes), rawDataType: try TraceInstance.rawDataType())
        #expect(other.numbers(of: 1) == Array(0..<100))
        #expect(rig.terminate() == 0)
        #expect(rig.agent.errorText.contains("not everything was delivered"))
    }

    @Test func `a late reader gets what was kept, and the page headers tell the loss`() throws {
        let rig = try AgentRig(.fifos, ringKiB: 128)
        _ = try rig.control.order("start")
        let written = try rig.instance.startLoad(cpu: 0, seconds: 0.2, rate: 100_000).recordsWritten()
        let host = Connection(try FileDescriptor.open(rig.path(cpu: 0), .readOnly))
        try rig.control.send("stop\n")
        var bytes: [UInt8] = []
        let answer = try rig.control.answer(whileReading: host, into: &bytes)
        bytes += try host.bytes(answer.cpus[0].bytes - bytes.count)
        let stream = PageStream(bytes, rawDataType: try TraceInstance.rawDataType())
        #expect(stream.flaw == nil)
        #expect(answer.complete)
        #expect(stream.records.count + answer.cpus[0].lost == written)
        #expect(stream.eventsMissed == answer.cpus[0].lost)
        // The summary says the same.
        #expect(rig.terminate() == 0)
        #expect(
            rig.agent.errorText.contains(
                "stopped: \(answer.totals.bytes) bytes sent, \(stream.eventsMissed) events lost"))
    }

    @Test func `a stop that comes while another is flushed moves the boundary`() throws {
        let rig = try AgentRig(.fifos, ringKiB: 256)
        let first = Connection(try FileDescriptor.open(rig.path(cpu: 0), .readOnly))
        _ = try rig.control.order("start")
        _ = try rig.instance.startLoad(cpu: 1, seconds: 0.1, rate: 100_000).recordsWritten()
        #expect(try eventually { try rig.control.order("status").cpus[1].state == "blocked" })
        try rig.control.send("0\n")
        #expect(try eventually { try rig.control.order("status").cpus[0].state == "idle" })
        try rig.instance.write(50, cpu: 0)
        try rig.control.send("1\n0\nstop\n")
        #expect(try eventually { try rig.control.order("status", skipping: "stop").cpus[0].bytes == 4096 })
        let page = PageStream(try first.bytes(4096), rawDataType: try TraceInstance.rawDataType())
        #expect(page.numbers(of: 0) == Array(0..<50))
    }

    @Test func `a full file that gets room goes on where it was, and is complained of once`() throws {
        let disk = try SmallDisk(kiB: 128)
        let rig = try AgentRig(.none) { folder in
            try? writeFile("\(disk.path)/port", "before")
            try? makeLink("\(folder.path)/trace-path-cpu0", to: "\(disk.path)/port")
        }
        _ = try rig.control.order("start")
        let written = try rig.instance.startLoad(cpu: 0, seconds: 0.1, rate: 100_000).recordsWritten()
        #expect(eventually { rig.agent.errorText.contains("No space left on device") })
        _ = rig.agent.wait(.seconds(1))  // some retries
        let complaints = rig.agent.errorText.split(separator: "\n").filter { $0.contains("No space left") }
        #expect(complaints.count == 1)
        try disk.enlarge(kiB: 8192)
        let answer = try rig.control.order("stop")
        #expect(answer.complete)
        #expect(answer.totals.gone == 0)
        let bytes = try readFile("\(disk.path)/port").dropFirst(6)
        let stream = PageStream(Array(bytes), rawDataType: try TraceInstance.rawDataType())
        #expect(stream.flaw == nil)
        #expect(stream.numbers(of: 0) == Array(0..<UInt64(written)))
        rig.agent.kill()
    }

    @Test func `a signal ends it within the stop timeout although nobody reads`() throws {
        let rig = try AgentRig(.fifos, ringKiB: 256, options: ["--stop-timeout", "300ms"])
        _ = try rig.control.order("start")
        _ = try rig.instance.startLoad(cpu: 0, seconds: 0.1, rate: 100_000).recordsWritten()
        #expect(try eventually { try rig.control.order("status").cpus[0].state == "blocked" })
        rig.agent.signal(SIGTERM)
        #expect(rig.agent.wait(.seconds(3)) == 0)
        #expect(
            rig.agent.errorText.contains("not everything was delivered, it is given up: CPU 0 has a port"))
    }

    @Test func `what is overwritten while it is stopped is in the summary`() throws {
        let rig = try AgentRig(ringKiB: 64)
        _ = try rig.control.order("status")
        try rig.instance.write(10_000, cpu: 0)
        let overwritten = try rig.instance.lost(cpu: 0)
        #expect(overwritten > 0)
        #expect(rig.terminate() == 0)
        let row = rig.agent.errorText.split(separator: "\n").last { $0.contains("   0 ") }
        #expect(row?.split(separator: " ").contains("\(overwritten)") == true, "\(rig.agent.errorText)")
    }

    @Test func `a second signal ends it at once`() throws {
        let rig = try AgentRig(.fifos, ringKiB: 256, options: ["--stop-timeout", "1m"])
        _ = try rig.control.order("start")
        _ = try rig.instance.startLoad(cpu: 0, seconds: 0.1, rate: 100_000).recordsWritten()
        #expect(try eventually { try rig.control.order("status").cpus[0].state == "blocked" })
        rig.agent.signal(SIGTERM)
        #expect(try eventually { try rig.control.order("status").state == "flushing" })
        #expect(rig.agent.wait(.zero) == nil)
        rig.agent.signal(SIGINT)
        #expect(rig.agent.wait() == 128 + SIGINT)
        #expect(try rig.instance.get("buffer_percent") == "50")
    }

    @Test func `a signal flushes the last page and sums up`() throws {
        let rig = try AgentRig()
        _ = try rig.control.order("start")
        try rig.instance.write(77, cpu: 0)
        #expect(rig.terminate() == 0)
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<77))
        let summary = rig.agent.errorText.split(separator: "\n").suffix(4)
        #expect(summary.first?.contains("overwritten") == true)
        #expect(summary.last?.contains("all") == true)
    }

    @Test func `a connection that breaks and comes back goes on with a whole page`() throws {
        var socket: StreamSocket?
        let rig = try AgentRig(.none) { socket = try? StreamSocket("\($0.path)/trace-path-cpu0") }
        let port = try #require(socket)
        let first = try port.accept()
        _ = try rig.control.order("start")
        let load = try rig.instance.startLoad(cpu: 0, seconds: 2, rate: 100_000)
        let type = try TraceInstance.rawDataType()
        #expect(PageStream(try first.bytes(10 * 4096), rawDataType: type).flaw == nil)
        first.close()
        let second = try port.accept()
        #expect(PageStream(try second.bytes(100 * 4096), rawDataType: type).flaw == nil)
        _ = try load.recordsWritten()
        #expect(rig.agent.errorText.contains("is back"))
    }

    @Test func `a stopped agent has nothing that wakes it`() throws {
        // As users build it: a sanitizer has a thread of its own that wakes up.
        let rig = try AgentRig(program: Machine.release("trace-agent"))
        _ = try rig.control.order("start")
        _ = try rig.control.order("stop")
        // Only time can show that nothing happens: first nothing more of the orders, then nothing at all.
        _ = rig.agent.wait(.milliseconds(500))
        let before = rig.agent.wakeUps
        _ = rig.agent.wait(.seconds(2))
        #expect(rig.agent.wakeUps == before)
    }
}
