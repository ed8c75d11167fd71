import Glibc
import Reactor
import Support
import Testing

/// `trace-host record` with several guests, in parts, and as a flight recorder: real agents, and trace-cmd as the judge.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct HostRecordTests {
    private let folder = TemporaryFolder()
    private var output: String { "\(folder.path)/trace.dat" }
    private var begun: String { "\(folder.path)/begun" }

    private func guest(ringKiB: Int = 2048) throws -> HostFolder {
        try HostFolder(
            try AgentRig(
                .fifos, ringKiB: ringKiB, options: ["--flush-interval", "50ms"],
                program: Machine.release("trace-agent")))
    }

    /// Starts a recording, and waits until `text` is logged, or COMMAND has begun, which runs until its file is removed.
    private func record(_ guests: [HostFolder], _ options: [String], until text: String? = nil) throws
        -> Program
    {
        let command = ["--", "sh", "-c", "echo > \(begun); while [ -e \(begun) ]; do sleep 0.02; done"]
        let record = try Program(
            Machine.release("trace-host"),
            ["record"] + guests.map(\.path) + ["-o", output] + options + (text == nil ? command : []))
        guard eventually({ text.map(record.errorText.contains) ?? (access(begun, F_OK) == 0) }) else {
            throw TestFailure(record.errorText)
        }
        return record
    }

    private func file(of guest: HostFolder) -> String {
        "\(folder.path)/trace-\(guest.path.split(separator: "/").last ?? "").dat"
    }

    @Test
    func `of two guests one is killed: the other's file is whole, and of the first all that came is there`()
        throws
    {
        let guests = [try guest(), try guest()]
        let record = try record(guests, [])
        for guest in guests { try guest.rig.instance.write(2000, cpu: 1) }
        // Everything has come once nothing is left in the ring buffer.
        #expect(try eventually { try guests[0].rig.instance.stat("entries", cpu: 1) == 0 })
        let size = try guests[0].rig.instance.stat("read events", cpu: 1)
        #expect(size == 2000)
        #expect(try eventually { try readFile("\(file(of: guests[0])).cpu1").count > 2000 * 60 })
        guests[0].rig.agent.kill()
        try guests[1].rig.instance.write(3000, cpu: 0)
        unlink(begun)
        #expect(record.wait() == 69, "\(record.errorText)")
        let name = guests[0].path
        #expect(
            record.errorText.contains("trace-host: \(name): error: the guest has gone: what came is kept"))
        #expect(!record.errorText.contains("\(guests[1].path): warning"), "\(record.errorText)")
        #expect(try TraceReport(of: file(of: guests[0])).count(cpu: 1) == 2000)
        let whole = try TraceReport(of: file(of: guests[1]))
        #expect(whole.count(cpu: 0) == 3000 && whole.count(cpu: 1) == 2000)
        #expect(try namesIn(folder.path).count == 2)
    }

    @Test func `each part is a whole file, nothing is lost at a seam and nothing comes twice`() throws {
        let guest = try guest(ringKiB: 8192)
        try guest.rig.instance.set("trace_clock", "mono")
        try #require(
            eventually { try guest.host("status", ["--json"]).output.contains("\"clock\":\"mono\"") })
        let record = try record([guest], ["--max-size", "1M", "--split-every", "300ms"])
        let loads = try (0...1).map { try guest.rig.instance.startLoad(cpu: $0, seconds: 1.2, rate: 20_000) }
        let written = try loads.map { try $0.recordsWritten() }
        unlink(begun)
        #expect(record.wait() == 0, "\(record.errorText)")
        #expect(!record.errorText.contains("warning"), "\(record.errorText)")
        let parts = try namesIn(folder.path).sorted { $0.count == $1.count ? $0 < $1 : $0.count < $1.count }
        #expect(parts.count > 3 && parts == (1...parts.count).map { "trace.dat.\($0)" })
        let paths = parts.map { "\(folder.path)/\($0)" }
        let counts = try paths.map(TraceReport.countsOfLibrary)
        for cpu in 0...1 { #expect(counts.reduce(0) { $0 + ($1.dropFirst(cpu).first ?? 0) } == written[cpu]) }
        // Pings go on between the orders of the seams.
        for path in paths {
            let options = try Command("trace-cmd", ["dump", "--options", "-i", path]).output
            #expect(options.contains("TimeShift"), "\(path)")
        }
        // A part begins where the one before has ended; each knows the host's time for itself, within microseconds.
        let (first, second) = (try TraceReport(of: paths[0]), try TraceReport(of: paths[1]))
        let (end, start) = (first.events.map(\.seconds).max(), second.events.map(\.seconds).min())
        #expect(try #require(end) <= #require(start) + 0.001)
    }

    @Test func `only the latest parts are kept, and a kill leaves what the printed command assembles`() throws
    {
        let guest = try guest()
        let record = try record([guest], ["--split-every", "300ms", "--keep", "2"])
        let load = try guest.rig.instance.startLoad(cpu: 0, seconds: 5, rate: 1000)
        #expect(eventually { access("\(output).4", F_OK) == 0 })
        record.signal(SIGKILL)
        // The end of the recording is noticed once COMMAND has gone, too.
        unlink(begun)
        _ = record.wait()
        load.end()
        #expect(access("\(output).1", F_OK) != 0 && access("\(output).3", F_OK) == 0)
        // Of the part that was recorded.
        let parts = try namesIn(folder.path).filter { $0.hasSuffix(".cpu0") }
        let last = try #require(parts.sorted().last).dropLast(5)
        let made = try Command(
            Machine.program("trace-host"),
            ["assemble", "-o", output, "\(output).head", "\(folder.path)/\(last).cpu0"])
        #expect(made.status == 0, "\(made.errorText)")
        // Nobody reads the rest.
        #expect(try [0, 74].contains(guest.host("stop").status))
    }

    @Test func `a flight recorder gives the seconds before its trigger, and says what was overwritten`()
        throws
    {
        let guest = try guest(ringKiB: 64)
        let trigger = "\(folder.path)/now"
        let record = try record([guest], ["--flight", "--trigger", trigger], until: "comes at a trigger")
        try guest.rig.instance.write(5000, cpu: 0)
        let held = try guest.rig.instance.stat("entries", cpu: 0)
        let overwritten = try guest.rig.instance.stat("overrun", cpu: 0)
        #expect(overwritten > 0 && access("\(output).head", F_OK) == 0)
        try writeFile(trigger, "")
        #expect(record.wait() == 0, "\(record.errorText)")
        #expect(try TraceReport(of: output).count(cpu: 0) == held)
        #expect(
            record.errorText.contains("overwrote \(overwritten) events before the trigger"),
            "\(record.errorText)")
        #expect(!record.errorText.contains("events while it was recorded"))
        #expect(try guest.host("status", ["--json"]).output.contains("\"state\":\"stopped\""))
    }

    @Test func `after a trigger a flight recorder goes on for as long as it is told`() throws {
        let guest = try guest()
        let options = ["--flight", "--after", "1s"]
        let record = try record([guest], options, until: "comes at a trigger")
        try guest.rig.instance.write(1000, cpu: 0)
        record.signal(SIGUSR1)
        #expect(
            eventually { (try? guest.host("status", ["--json"]).output.contains("\"streaming\"")) ?? false })
        try guest.rig.instance.write(500, cpu: 0)
        #expect(record.wait() == 0, "\(record.errorText)")
        #expect(try TraceReport(of: output).count(cpu: 0) == 1500)
        // Ctrl-C is no trigger; the ring buffers keep what they hold.
        let second = try self.record([guest], ["--flight", "--force"], until: "comes at a trigger")
        try guest.rig.instance.write(200, cpu: 0)
        second.signal(SIGINT)
        #expect(second.wait() == 75)
        #expect(
            second.errorText.contains("the ring buffers keep what they hold: trace-host dump \(guest.path)"))
        #expect(try guest.rig.instance.stat("entries", cpu: 0) == 200)
        #expect(try namesIn(folder.path) == ["trace.dat"])
    }

    @Test func `on a terminal each guest has a line, and Enter is a trigger`() throws {
        let guest = try guest()
        let shown = "\(folder.path)/shown"
        let record = "\(Machine.release("trace-host")) record \(guest.path) -o \(output) --flight"
        let status = try Command(
            "sh",
            [
                "-c",
                "(until grep -q 'armed, 0 events lost' \(shown); do sleep 0.05; done; echo) | script -qec '\(record)' /dev/null > \(shown)",
            ])
        let text = try readText(shown)
        #expect(status.status == 0, "\(text)")
        #expect(text.contains("comes at a trigger: Enter, kill -USR1 "))
        #expect(text.contains("0.0 MiB, 0.0 MiB/s, armed, 0 events lost"))
        // The line is removed from the terminal.
        #expect(text.contains("\u{1b}[1A\u{1b}[J") && access(output, F_OK) == 0)
    }
}
