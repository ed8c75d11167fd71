import Glibc
import Support
import Testing

/// `trace-host record` killed at every stage: the agent can be stopped, what is on the disk can be assembled, and another
/// recording works.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct HostKillTests {
    enum Stage: CaseIterable { case asking, recording, stopping, finishing }

    private let folder = TemporaryFolder()
    private var output: String { "\(folder.path)/trace.dat" }

    @Test(arguments: Stage.allCases, [SIGTERM, SIGKILL])
    func `a recording that is killed harms nothing`(stage: Stage, signal: CInt) throws {
        let guest = try HostFolder(
            try AgentRig(
                .fifos, ringKiB: 8192, options: ["--flush-interval", "50ms"],
                program: Machine.release("trace-agent")))
        let agent = guest.rig.agent
        if stage == .asking { agent.signal(SIGSTOP) }
        let record = try guest.start("record", ["-o", output])
        if stage != .asking {
            #expect(
                eventually { record.errorText.contains("recording \(guest.path); if this program is killed") }
            )
            // Enough for a while of assembling.
            let load = try guest.rig.instance.startLoad(
                cpu: 0, seconds: 0.3, rate: stage == .finishing ? 200_000 : 2000, size: 512)
            #expect(try load.recordsWritten() > 0)
            #expect(try eventually { try readFile("\(output).cpu0").count > 4096 })
        }
        if stage == .stopping { agent.signal(SIGSTOP) }
        if stage == .stopping || stage == .finishing { record.signal(SIGINT) }
        switch stage {
        case .asking: #expect(eventually { record.errorText.contains("waiting for the answer to status") })
        case .stopping: #expect(eventually { record.errorText.contains("waiting for the answer to stop") })
        // A file that has no name yet: the last header, or FILE.
        case .finishing: #expect(eventually { hasNamelessFile(record.pid) || record.wait(.zero) != nil })
        case .recording: break
        }
        record.signal(signal)
        agent.signal(SIGCONT)
        #expect(record.wait() != nil)

        // Nobody reads the rest.
        #expect(try [0, 74].contains(guest.host("stop").status), "\(record.errorText)")
        let made = access(output, F_OK) == 0
        if !made, stage != .asking { try runPrintedCommand(record.errorText) }
        if stage != .asking {
            let count = try TraceReport.countsOfLibrary(output)[0]
            #expect(count > 0)
        }
        unlink(output)
        let second = try guest.host("record", ["-o", output, "--duration", "100ms"])
        #expect(second.status == 0, "\(second.errorText)")
        #expect(try guest.host("status", ["--json"]).output.contains("\"state\":\"stopped\""))
    }

    private func hasNamelessFile(_ pid: pid_t) -> Bool {
        let links = (try? namesIn("/proc/\(pid)/fd")) ?? []
        return links.contains { name in
            var target = [CChar](repeating: 0, count: 256)
            return readlink("/proc/\(pid)/fd/\(name)", &target, 255) > 0
                && String(decoding: target.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
                    .hasPrefix("\(folder.path)/#")
        }
    }

    private func runPrintedCommand(_ said: String) throws {
        let start = try #require(said.ranges(of: "trace-host assemble").last)
        let line = said[start.lowerBound...].split(separator: "\n")[0]
        let made = try Command("sh", ["-c", "\(Machine.program("trace-host"))\(line.dropFirst(10))"])
        #expect(made.status == 0, "\(made.errorText)\(said)")
    }
}
