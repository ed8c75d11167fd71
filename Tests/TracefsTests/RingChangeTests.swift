import Glibc
import Reactor
import Support
import Testing

/// What others do to the rings while they are streamed.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct RingChangeTests {
    /// Where a rate has to be kept up with, an agent that is neither a debug build nor sanitized.
    private func releaseRig() throws -> AgentRig {
        try AgentRig(ringKiB: 1024, program: Machine.release("trace-agent"))
    }

    /// Checks that CPU 0 got `written` records, each once and in order.
    private func expectAll(_ written: Int, _ rig: AgentRig, _ answer: Answer) throws {
        let stream = try rig.stream(cpu: 0)
        #expect(stream.flaw == nil)
        // Not the numbers themselves: to print them takes a minute.
        let isWhole = stream.numbers(of: 0) == Array(0..<UInt64(written))
        #expect(isWhole)
        #expect(answer.cpus[0].lost == 0)
    }

    @Test func `with the block option, where poll always says ready, nothing is lost`() throws {
        let rig = try releaseRig()
        try rig.instance.set("options/block", "1")
        _ = try rig.control.order("start")
        let written = try rig.instance.startLoad(cpu: 0, seconds: 2, rate: 50_000).recordsWritten()
        try expectAll(written, rig, try rig.control.order("stop"))
        #expect(rig.agent.errorText.contains("is options/block set"))
    }

    @Test func `a percent of 0 costs no page for each event, and ours comes back`() throws {
        let rig = try releaseRig()
        _ = try rig.control.order("start")
        try rig.instance.set("buffer_percent", "0")
        let start = ContinuousClock.now
        let written = try rig.instance.startLoad(cpu: 0, seconds: 2, rate: 1000).recordsWritten()
        #expect(try eventually { try rig.instance.get("buffer_percent") == "10" })
        let answer = try rig.control.order("stop")
        try expectAll(written, rig, answer)
        // A page has room for 46 records of this size; a partial one is sent each second, and at the stop.
        let seconds = Int((ContinuousClock.now - start) / .seconds(1)) + 1
        #expect(answer.cpus[0].pages <= written / 40 + seconds + 2)
        #expect(try rig.instance.get("buffer_percent") == "0")
    }

    @Test func `a worker that a real-time task keeps off its CPU runs elsewhere, and nothing is lost`() throws
    {
        let rig = try releaseRig()
        _ = try rig.control.order("start")
        let hog = try Program(
            "setpriv",
            [
                "--pdeathsig", "KILL", "chrt", "-f", "10", "taskset", "-c", "0", "sh", "-c",
                "while :; do :; done",
            ])
        defer { hog.kill() }
        let load = try rig.instance.startLoad(cpu: 0, seconds: 3, rate: 50_000, priority: 20)
        let written = try load.recordsWritten()
        try expectAll(written, rig, try rig.control.order("stop"))
        #expect(rig.agent.errorText.contains("CPU 0 gives its worker no time"))
    }

    @Test func `workers and the reactor run where they are told to`() throws {
        let rig = try AgentRig(options: ["--worker-cpus", "1", "--reactor-cpu", "0"])
        #expect(try rig.control.order("start").state == "streaming")
        let masks = try Command(
            "sh", ["-c", "grep -h -A99 '^Name:.trace-cpu' /proc/\(rig.agent.pid)/task/*/status"]
        )
        .output.split(separator: "\n").filter { $0.hasPrefix("Cpus_allowed_list:") }
        #expect(masks.count == 2)
        #expect(masks.allSatisfy { $0 == "Cpus_allowed_list:\t1" })
        #expect(try readText("/proc/\(rig.agent.pid)/status").contains("\nCpus_allowed_list:\t0\n"))
        let written = try rig.instance.startLoad(cpu: 0, seconds: 0.5, rate: 10_000).recordsWritten()
        try expectAll(written, rig, try rig.control.order("stop"))
    }

    @Test(.enabled(if: TraceInstance.hasSubBufferSize, "needs buffer_subbuf_size_kb, Linux 6.8"))
    func `a sub-buffer size that changes in mid-stream is adopted, and only what the kernel drops is lost`()
        throws
    {
        let rig = try releaseRig()
        _ = try rig.control.order("start")
        let load = try rig.instance.startLoad(cpu: 0, seconds: 2, rate: 50_000)
        #expect(try eventually { try readFile(rig.path(cpu: 0)).count > 1 << 20 })
        try rig.instance.set("buffer_subbuf_size_kb", "8")
        let written = try load.recordsWritten()
        let answer = try rig.control.order("stop")
        #expect(answer.page_size == 8192)
        #expect(!answer.complete)
        let bytes = try readFile(rig.path(cpu: 0))
        let streams = try Self.split(bytes)
        // One gap, between the two: the kernel drops what the rings hold, and its counters do not tell how much.
        #expect(streams.allSatisfy { $0.flaw == nil })
        let (before, after) = (streams[0].numbers(of: 0), streams[1].numbers(of: 0))
        let isWholeBefore = before == Array(0..<UInt64(before.count))
        let isWholeAfter = after == Array(UInt64(written - after.count)..<UInt64(written))
        #expect(isWholeBefore && isWholeAfter && !before.isEmpty && !after.isEmpty)
        #expect(answer.cpus[0].lost == 0)
        #expect(rig.agent.errorText.contains("has changed from 4096 to 8192 bytes"))
    }

    /// The pages of 4096 bytes at the beginning, and those of 8192 after them: the first holds more than the others can.
    private static func split(_ bytes: [UInt8]) throws -> [PageStream] {
        let type = try TraceInstance.rawDataType()
        for boundary in stride(from: 0, to: bytes.count, by: 4096) {
            let commit = bytes[boundary + 8..<boundary + 12].withUnsafeBytes {
                $0.loadUnaligned(as: UInt32.self)
            }
            if commit & 0x3fff_ffff <= 4096 - 16 { continue }
            return [
                PageStream(Array(bytes[..<boundary]), rawDataType: type),
                PageStream(Array(bytes[boundary...]), pageSize: 8192, rawDataType: type),
            ]
        }
        throw TestFailure("no page is larger than before")
    }

    @Test func `a dump goes on for as long as the host reads`() throws {
        let rig = try AgentRig(.fifos, ringKiB: 8192, options: ["--stop-timeout", "300ms"])
        let written = try rig.instance.startLoad(cpu: 0, seconds: 0.2, rate: 60_000).recordsWritten()
        // Reads for much longer than the timeout in all, but goes on reading.
        let caught = "\(rig.folder.path)/caught"
        let host = try Program(
            "sh",
            [
                "-c",
                "exec < \(rig.path(cpu: 0)); while :; do dd bs=64k count=1 2> /dev/null; sleep 0.005; done",
            ],
            output: .truncate(caught))
        let other = try Program("cat", [rig.path(cpu: 1)], output: .truncate("\(rig.folder.path)/other"))
        defer {
            host.kill()
            other.kill()
        }
        let answer = try rig.control.order("dump")
        #expect(answer.complete)
        #expect(try eventually { try readFile(caught).count == answer.cpus[0].bytes })
        let stream = PageStream(try readFile(caught), rawDataType: try TraceInstance.rawDataType())
        let isWhole = stream.numbers(of: 0) == Array(0..<UInt64(written))
        #expect(isWhole)
        // The end of the FIFO ends the host's last read.
        #expect(rig.terminate() == 0)
    }

    @Test func `the exit is bounded although the host goes on reading`() throws {
        let rig = try AgentRig(.fifos, ringKiB: 8192, options: ["--exit-timeout", "500ms"])
        _ = try rig.instance.startLoad(cpu: 0, seconds: 1, rate: 60_000).recordsWritten()
        _ = try rig.control.order("start")
        let host = Connection(try FileDescriptor.open(rig.path(cpu: 0), .readOnly))
        rig.agent.signal(SIGTERM)
        while rig.agent.wait(.milliseconds(50)) == nil { _ = try host.bytes(4096) }
        #expect(rig.agent.errorText.contains("it is given up"))
    }
}
