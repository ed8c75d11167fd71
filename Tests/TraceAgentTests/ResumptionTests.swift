import Reactor
import Support
import Testing

@testable import trace_agent

/// What a process takes over from the one before it; RestartTests has the whole agent, ContainerTests the real systemd.
struct ResumptionTests {
    /// A pipe that an earlier process has left, with `bytes` in it.
    private func keptPipe(_ bytes: [UInt8], cpu: Int = 0) throws -> PipeStore {
        let pipe = try Pipe(size: 64 << 10)
        #expect(try pipe.writeEnd.write(bytes) == bytes.count)
        return PipeStore(kept: [cpu: pipe], give: nil)
    }

    private func page(_ byte: UInt8) -> [UInt8] { [UInt8](repeating: byte, count: 4096) }

    @Test func `what is in a kept pipe comes first, and once`() throws {
        let sink = try PipeSink()
        let rig = try StreamingRig([sink.sink], pipes: try keptPipe(page(7) + page(8)), loses: true)
        #expect(rig.totals[.pending] == 2 * 4096 && rig.report.warnings == [])
        try rig.rings[0].write(pages: 3)
        try rig.resume([])
        try rig.run { $0.totals[.bytes] == 5 * 4096 }
        try rig.stop()
        _ = try rig.runUntilStopped()
        #expect(rig.report.isComplete)
        let received = try sink.read()
        #expect(received.prefix(2 * 4096).elementsEqual(page(7) + page(8)))
        #expect(PipeRing.numbers(in: Array(received.dropFirst(2 * 4096)), of: 0) == Array(0..<3))
    }

    @Test func `a new connection begins with a whole page`() throws {
        let socket = try SocketSink()
        let torn = Array(page(7).dropFirst(1000))
        let rig = try StreamingRig(
            [socket.sink], pipes: try keptPipe(torn + page(8)), loses: true)
        #expect(rig.totals[.gone] == torn.count && rig.totals[.pending] == 4096)
        try rig.start()
        try rig.run { $0.totals[.bytes] == 4096 }
        let isWhole = try socket.read() == page(8)
        #expect(isWhole)
    }

    @Test func `what is lost with a pipe is said until the second start`() throws {
        let rig = try StreamingRig([try PipeSink().sink], loses: true)
        let warning = "CPU 0: what an earlier process of the agent had read and not sent is lost"
        #expect(rig.report.warnings == [warning])
        for (isComplete, warnings) in [(false, [warning]), (true, [])] {
            try rig.start()
            try rig.stop()
            _ = try rig.runUntilStopped()
            #expect(rig.report.isComplete == isComplete && rig.report.warnings == warnings)
        }
    }

    @Test func `a CPU whose port comes late goes on too`() throws {
        let rig = try StreamingRig([try PipeSink().sink], rings: 2)
        var stats = RingStats()
        stats.lost = 5
        let saved = (0...1).map { SavedRing(cpu: $0, stats: stats) }
        for ring in rig.rings { try ring.setStats(entries: 0, overrun: 105) }
        try rig.resume(saved)
        #expect(rig.streaming.ringsAtStart == saved)
        try rig.serve(cpu: 1, try PipeSink().sink)
        try rig.startNewChannels()
        rig.readStats()
        #expect(rig.report.cpus.map { $0.counts[.lost] } == [100, 100])
        #expect(rig.streaming.ringsAtStart == saved)
    }

    @Test(
        arguments: [
            #""restarts":9223372036854775807"#, #""restarts":-1"#, #""crashes":[-9223372036854775808]"#,
            #""rings":[{"cpu":0,"stats":{"unread":9223372036854775807,"lost":0,"read":0,"overrun":0}}]"#,
            #""percent":{"found":"101","own":"1"}"#,
        ])
    func `a state with numbers that no agent writes is not used`(change: String) throws {
        let folder = TemporaryFolder()
        let log = TestLog()
        var fields = [
            #""bootID":"b""#, #""instance":"""#, #""restarts":1"#, #""crashes":[]"#, #""isStreaming":true"#,
            #""hostUsesWords":false"#, #""rings":[]"#, #""isEndInOrder":false"#,
        ]
        let key = change.prefix { $0 != ":" }
        fields.removeAll { $0.hasPrefix(key) }
        try writeFile("\(folder.path)/state", "{\((fields + [change]).joined(separator: ","))}")
        let resumption = Resumption(
            StateFile.open("\(folder.path)/state", log.logger), bootID: "b", instance: "", log.logger)
        #expect(resumption.earlierStream == nil && resumption.restarts == 0)
        #expect(log.count(of: "the state in \(folder.path)/state is not used: it is damaged") == 1)
    }
}
