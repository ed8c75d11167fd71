import Glibc
import Reactor
import Support
import Testing

/// `trace-agent assemble` while `--record` goes on.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct RunningRecordingTests {
    private let folder = TemporaryFolder()
    private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

    private func lines(_ name: String) throws -> [String] {
        try TraceReport(of: path(name)).events.filter { $0.cpu == 0 }.map { "\($0.seconds) \($0.text)" }
    }

    @Test func `a file assembled while the recording goes on has its events so far, each once`() throws {
        let instance = try TraceInstance(ringKiB: 256)
        try instance.set("set_event", "sched:sched_process_hang")
        let agent = try Program(
            Machine.program("trace-agent"), ["--record", path("all.dat"), "--instance", instance.name])
        #expect(eventually { agent.errorText.contains("streaming") })
        let load = try instance.startLoad(cpu: 0, seconds: 60, rate: 5000)
        let stream = try FileDescriptor.open(path("all.dat.cpu0"), .readOnly)
        #expect(try eventually { try stream.size() > 60_000 })
        let command = try Command(
            Machine.program("trace-agent"),
            ["assemble", "-o", path("part.dat"), path("all.dat.head")]
                + (0...1).map { path("all.dat.cpu\($0)") })
        #expect(command.status == 0, "\(command.errorText)")
        #expect(load.isRunning)
        load.end()
        agent.signal(SIGINT)
        #expect(agent.wait() == 0, "\(agent.errorText)")
        let (part, all) = (try lines("part.dat"), try lines("all.dat"))
        #expect(try all.count == instance.stat("read events", cpu: 0))
        #expect(part.count > 400 && part.count < all.count)
        let isStart = all.starts(with: part)
        #expect(isStart)
    }
}
