import Glibc
import Reactor
import Support
import Testing

/// Event formats that a trace header needs: of events that come and go, and of any group.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct FormatTests {
    private let folder = TemporaryFolder()
    private var headerPath: String { "\(folder.path)/head.dat" }

    private func header(_ rig: AgentRig) throws -> Announcement {
        try rig.control.send("metadata\n")
        let line = try Announcement(try rig.control.line())
        try writeBytes(headerPath, try rig.control.bytes(line.bytes))
        return line
    }

    private func assemble(_ rig: AgentRig, _ options: [String] = []) throws -> String {
        let output = "\(folder.path)/trace.dat"
        let command = try Command(
            Machine.program("trace-agent"),
            ["assemble", "--force", "-o", output] + options + [headerPath] + (0...1).map { rig.path(cpu: $0) }
        )
        guard command.status == 0 else { throw TestFailure(command.errorText) }
        return output
    }

    /// The names of all events, as trace-cmd shows them.
    private func names(_ rig: AgentRig) throws -> [String] {
        try TraceReport(of: try assemble(rig)).events.map(\.name)
    }

    // MARK: formats that are left out

    @Test func `a compact file has fewer formats, and shows the same`() throws {
        let rig = try AgentRig()
        let events = ["sched_process_exec", "sched_process_exit"]
        for event in events { try rig.instance.set("events/sched/\(event)/enable", "1") }
        _ = try rig.control.order("start")
        for _ in 1...5 { _ = try Command("true", []) }
        try rig.instance.set("trace_marker", "the end")
        _ = try rig.control.order("stop")
        #expect(try header(rig).error == nil)
        // trace-cmd lists the formats of version 6 only.
        let file = try assemble(rig, ["--v6"])
        let (report, size) = (try Command("trace-cmd", ["report", "-i", file]), try readFile(file).count)
        let all = try TraceReport.formats(of: file)
        #expect(report.status == 0 && report.output.contains("the end"))
        _ = try assemble(rig, ["--v6", "--compact"])
        let isSame = try Command("trace-cmd", ["report", "-i", file]).output == report.output
        #expect(isSame)
        let left = try TraceReport.formats(of: file)
        #expect(left.keys.sorted() == events.map { "sched:\($0)" })
        let isPart = left.allSatisfy { all[$0.key] == $0.value }
        #expect(isPart)
        #expect(try readFile(file).count < size - 1_000_000)
        #expect(try Command("trace-cmd", ["dump", "--validate", "-i", file]).status == 0)
    }

    // MARK: events that are gone

    @Test func `later headers know the events of earlier ones, and name numbers with another meaning`() throws
    {
        let rig = try AgentRig()
        _ = try rig.control.order("start")
        let probe = try UserProbe()
        try probe.make("first", in: rig.instance)
        let id = try probe.id()
        #expect(try header(rig).error == nil)
        try probe.run(times: 3)
        // With the event, the kernel removes what is in the ring buffers.
        _ = try rig.control.order("stop")
        try probe.remove(disabledIn: rig.instance)
        let second = try header(rig)
        #expect(second.error == nil)
        #expect(try names(rig) == ["first", "first", "first"])
        try probe.make("second", in: rig.instance)
        try #require(try probe.id() == id)
        let warning =
            "event numbers have changed their meaning, and earlier records are shown as later ones: \(id) is \(probe.system):second, and was \(probe.system):first"
        let third = try header(rig)
        #expect(third.error == warning)
        #expect(third.events == second.events)
        try probe.remove(disabledIn: rig.instance)
        #expect(try header(rig).error == warning)
        #expect(try names(rig) == ["second", "second", "second"])
        #expect(rig.agent.errorText.split(separator: "trace header: \(warning)").count == 2)
    }

    /// Records while `body` is carried out.
    private func record(_ instance: TraceInstance, _ body: () throws -> Void) throws -> Program {
        let agent = try Program(
            Machine.program("trace-agent"),
            [
                "--record", "\(folder.path)/record.dat", "--instance", instance.name, "--flush-interval",
                "20ms",
            ])
        #expect(eventually { agent.errorText.contains("streaming") })
        try body()
        agent.signal(SIGINT)
        #expect(agent.wait() == 0)
        return agent
    }

    @Test(arguments: [false, true])
    func `a recording knows an event that was removed meanwhile, or whose number it was`(isReused: Bool)
        throws
    {
        let instance = try TraceInstance()
        let probe = try UserProbe()
        try probe.make("first", in: instance)
        let id = try probe.id()
        let agent = try record(instance) {
            try probe.run(times: 2)
            // With the event, the kernel removes what is in the ring buffers.
            #expect(
                eventually {
                    (try? (0...1).map { try instance.stat("read events", cpu: $0) })?.reduce(0, +) == 2
                })
            try probe.remove(disabledIn: instance)
            if isReused { try probe.make("second", in: instance) }
            try probe.run(times: 2)
        }
        let names = try TraceReport(of: "\(folder.path)/record.dat").events.map(\.name)
        #expect(names == (isReused ? Array(repeating: "second", count: 4) : ["first", "first"]))
        let warning = "\(id) is \(probe.system):second, and was \(probe.system):first"
        #expect(agent.errorText.contains(warning) == isReused)
        try probe.remove(disabledIn: isReused ? instance : nil)
    }

    // MARK: tracefs of another group

    /// A group that no user has.
    private static let group = 42_042

    private func remount(_ group: Int) throws {
        let command = try Command("mount", ["-o", "remount,gid=\(group)", TraceInstance.top])
        guard command.status == 0 else { throw TestFailure(command.errorText) }
    }

    @Test func `with gid= headers are made as the group of tracefs`() throws {
        try remount(Self.group)
        defer { try? remount(0) }
        let rig = try AgentRig()
        _ = try rig.control.order("status")
        let line = try header(rig)
        #expect(line.error == nil)
        #expect(line.events > 500 && line.bytes > 1_000_000)
        let reader = try rig.agent.thread(named: "trace-headers")
        let status = try readText("/proc/\(rig.agent.pid)/task/\(reader)/status")
        #expect(status.firstRange(of: "\t\(Self.group)\n") != nil)
        let check = try Command(Machine.program("trace-agent"), ["check"])
        #expect(check.output.contains("event formats, which group \(Self.group) may read"))
        // What was read stays known if the group changes later, and what cannot be read any more is named.
        try remount(Self.group + 1)
        let later = try header(rig)
        #expect(later.error?.hasPrefix("the header lacks events/") == true)
        #expect(later.error?.hasSuffix(": Permission denied") == true)
        #expect(later.events == line.events)
    }
}
