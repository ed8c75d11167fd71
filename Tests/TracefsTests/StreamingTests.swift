import Glibc
import Reactor
import Support
import Testing

@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct StreamingTests {
    @Test func `every record arrives once and in order, the last partial page too`() throws {
        let rig = try AgentRig()
        #expect(try rig.control.order("start").state == "streaming")
        let loads = try (0...1).map { try rig.instance.startLoad(cpu: $0, seconds: 2, rate: 50_000) }
        let written = try loads.map { try $0.recordsWritten() }
        let answer = try rig.control.order("stop")
        #expect(answer.state == "stopped")
        #expect(answer.complete)
        for cpu in 0...1 {
            let stream = try rig.stream(cpu: cpu)
            #expect(stream.flaw == nil)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
            #expect(stream.pages == answer.cpus[cpu].pages)
            #expect(stream.pages * 4096 == answer.cpus[cpu].bytes)
            #expect(try rig.instance.stat("entries", cpu: cpu) == 0)
        }
        #expect(answer.totals.lost == 0)
        #expect(rig.terminate() == 0)
    }

    @Test func `what was recorded before the start comes first, and after the stop nothing comes`() throws {
        let rig = try AgentRig()
        try rig.instance.write(300, cpu: 1)
        _ = try rig.control.order("start")
        _ = try rig.control.order("stop")
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<300))
        try rig.instance.write(500, cpu: 1)
        #expect(try rig.control.order("status").cpus[1].bytes == rig.stream(cpu: 1).pages * 4096)
        #expect(try rig.stream(cpu: 1).records.count == 300)
        _ = try rig.control.order("start")
        _ = try rig.control.order("stop")
        #expect(try rig.stream(cpu: 1).numbers(of: 1) == Array(0..<300) + Array(0..<500))
    }

    @Test func `a stop ends although the CPU goes on recording as fast as it can`() throws {
        let rig = try AgentRig(ringKiB: 256)
        _ = try rig.control.order("start")
        let load = try rig.instance.startLoad(cpu: 0, seconds: 3, rate: 0)
        #expect(try eventually { try rig.stream(cpu: 0).records.count > 10_000 })
        let answer = try rig.control.order("stop")
        #expect(answer.complete)
        let size = try readFile(rig.path(cpu: 0)).count
        #expect(size == answer.cpus[0].bytes)
        #expect(load.isRunning, "the load was to outlive the stop")
        _ = try load.recordsWritten()
        #expect(try readFile(rig.path(cpu: 0)).count == size)
    }

    @Test func `an event waits no longer than the flush interval`() throws {
        let rig = try AgentRig(.fifos, options: ["--flush-interval", "100ms"])
        let host = Connection(try FileDescriptor.open(rig.path(cpu: 0), .readOnly))
        _ = try rig.control.order("start")
        try rig.instance.write(1, cpu: 0)
        let page = PageStream(try host.bytes(4096), rawDataType: try TraceInstance.rawDataType())
        #expect(page.numbers(of: 0) == [0])
    }

    @Test func `a trickle wakes its worker once a flush interval, and the reactor for its tick`() throws {
        let rig = try AgentRig(
            .null, options: ["--flush-interval", "100ms"], program: Machine.release("trace-agent"))
        _ = try rig.control.order("start")
        let load = try rig.instance.startLoad(cpu: 0, seconds: 2, rate: 100)
        #expect(try eventually { try rig.control.order("status").totals.bytes > 0 })
        let (before, start) = (rig.agent.wakeUps, ContinuousClock.now)
        _ = try load.recordsWritten()
        let intervals = Int((ContinuousClock.now - start) / .milliseconds(100)) + 1
        let wakeUps = rig.agent.wakeUps - before
        #expect(wakeUps <= 2 * intervals + 8, "\(wakeUps) in \(intervals)")
    }

    @Test func `while all CPUs record at a steady rate the reactor is woken by its ticks only`() throws {
        let rig = try AgentRig(.null, program: Machine.release("trace-agent"))
        _ = try rig.control.order("start")
        let loads = try (0...1).map { try rig.instance.startLoad(cpu: $0, seconds: 6, rate: 20_000) }
        #expect(
            try eventually {
                try rig.control.order("status").cpus.allSatisfy {
                    $0.bytes > 1 << 20 && $0.state == "draining"
                }
            })
        let (before, start) = (rig.agent.reactorWakeUps, ContinuousClock.now)
        let written = try loads.map { try $0.recordsWritten() }
        let ticks = Int((ContinuousClock.now - start) / .seconds(1)) + 1
        #expect(rig.agent.reactorWakeUps - before <= ticks + 2)
        let answer = try rig.control.order("stop")
        #expect(answer.complete && answer.totals.lost == 0)
        for cpu in 0...1 { #expect(try rig.instance.stat("read events", cpu: cpu) == written[cpu]) }
    }

    @Test func `with flush interval 0 a partial page comes at the stop only`() throws {
        let rig = try AgentRig(options: ["--flush-interval", "0"])
        _ = try rig.control.order("start")
        try rig.instance.write(10, cpu: 0)
        _ = rig.agent.wait(.milliseconds(1500))  // longer than the default
        #expect(try rig.control.order("status").totals.bytes == 0)
        _ = try rig.control.order("stop")
        #expect(try rig.stream(cpu: 0).numbers(of: 0) == Array(0..<10))
    }

    @Test func `sub-buffers of another size arrive whole`() throws {
        let instance = try TraceInstance()
        try instance.set("buffer_subbuf_size_kb", "16")
        let rig = try AgentRig(in: instance)
        #expect(try rig.control.order("start").page_size == 16384)
        let written = try instance.startLoad(cpu: 0, seconds: 1, rate: 50_000).recordsWritten()
        let answer = try rig.control.order("stop")
        let stream = PageStream(
            try readFile(rig.path(cpu: 0)), pageSize: 16384, rawDataType: try TraceInstance.rawDataType())
        #expect(stream.flaw == nil)
        #expect(stream.numbers(of: 0) == Array(0..<UInt64(written)))
        #expect(answer.cpus[0].bytes == stream.pages * 16384)
    }

    @Test func `a sub-buffer size that changed while stopped is adopted`() throws {
        let rig = try AgentRig()
        try rig.instance.set("buffer_subbuf_size_kb", "8")
        #expect(try rig.control.order("start").page_size == 8192)
        let written = try rig.instance.startLoad(cpu: 0, seconds: 0.5, rate: 20_000).recordsWritten()
        let answer = try rig.control.order("stop")
        #expect(answer.complete && answer.warnings.isEmpty)
        let stream = PageStream(
            try readFile(rig.path(cpu: 0)), pageSize: 8192, rawDataType: try TraceInstance.rawDataType())
        let isWhole = stream.numbers(of: 0) == Array(0..<UInt64(written))
        #expect(isWhole && stream.flaw == nil)
    }

    @Test func `the buffer percent is ours while streaming only, and the user's own again after it`() throws {
        let rig = try AgentRig()
        for percent in ["37", "77"] {
            try rig.instance.set("buffer_percent", percent)
            _ = try rig.control.order("start")
            #expect(try rig.instance.get("buffer_percent") == "25")
            _ = try rig.control.order("stop")
            #expect(try rig.instance.get("buffer_percent") == percent)
        }
        try rig.instance.set("buffer_percent", "12")
        #expect(rig.terminate() == 0)
        #expect(try rig.instance.get("buffer_percent") == "12")
    }

    @Test func `the block option, with which poll always says ready, does not make it spin`() throws {
        let rig = try AgentRig()
        try rig.instance.set("options/block", "1")
        _ = try rig.control.order("start")
        try rig.instance.write(10, cpu: 0)
        #expect(try eventually { try rig.stream(cpu: 0).records.count == 10 })
        #expect(try eventually { try rig.control.order("status").cpus[0].state == "polling" })
    }

    @Test func `killed in the middle and started again, the stream stays whole pages`() throws {
        let rig = try AgentRig()
        _ = try rig.control.order("start")
        let load = try rig.instance.startLoad(cpu: 0, seconds: 2, rate: 0)
        #expect(try eventually { try readFile(rig.path(cpu: 0)).count > 1 << 20 })
        rig.agent.signal(SIGKILL)
        #expect(rig.agent.wait() == 128 + SIGKILL)
        let second = try AgentRig(in: rig.instance, folder: rig.folder)
        try second.control.send("1\n")
        _ = try load.recordsWritten()
        #expect(try second.control.order("stop").totals.bytes > 0)
        let stream = try rig.stream(cpu: 0)
        #expect(stream.flaw == nil)
        let numbers = stream.numbers(of: 0)
        #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $0 < $1 })
    }
}
