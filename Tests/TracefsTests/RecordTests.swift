import Glibc
import Reactor
import Support
import Testing

/// `--record`: makes a trace.dat from this machine's ring buffers.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct RecordTests {
    private let folder = TemporaryFolder()
    private var file: String { "\(folder.path)/trace.dat" }

    /// - Parameter program: Making headers takes a debug build two seconds.
    private func record(
        _ instance: TraceInstance, _ options: [String] = [], to file: String? = nil,
        program: String = Machine.release("trace-agent")
    ) throws -> Program {
        try Program(
            program,
            ["--record", file ?? self.file, "--force", "--instance", instance.name] + options)
    }

    @Test(arguments: [["--record"], ["record", "-o"]])
    func `does not replace a file, nor the parts of another recording, unless told to`(words: [String])
        throws
    {
        let instance = try TraceInstance()
        let run = { (options: [String]) in
            try Command(
                Machine.release("trace-agent"),
                words + [file, "--instance", instance.name, "--duration", "20ms"] + options)
        }
        try writeFile(file, "mine")
        let refused = try run([])
        #expect(refused.status == 64)
        #expect(refused.errorText.contains("\(file) exists: --force replaces it"))
        #expect(try readText(file) == "mine" && namesIn(folder.path) == ["trace.dat"])
        #expect(try run(["--force"]).status == 0)
        #expect(try readFile(file).starts(with: [0x17, 0x08, 0x44]))
        if words == ["--record"] { return }
        try writeFile("\(file).7", "")
        let parts = try run(["--split-every", "1m"])
        #expect(parts.status == 64 && parts.errorText.contains("\(file).7 exists"), "\(parts.errorText)")
        #expect(try namesIn(folder.path).sorted() == ["trace.dat", "trace.dat.7"])
    }

    /// An event that is enabled, so that no other one is, but does not occur.
    private let rareEvent = "sched:sched_process_hang"

    /// Waits until the agent streams.
    private func hasBegun(_ agent: Program) -> Bool { eventually { agent.errorText.contains("streaming") } }

    @Test func `records every event up to the signal once, and leaves no other file`() throws {
        let instance = try TraceInstance()
        try instance.set("set_event", rareEvent)
        try instance.write(300, cpu: 0)
        let agent = try record(instance, program: Machine.program("trace-agent"))
        #expect(hasBegun(agent))
        try instance.write(5000, cpu: 1)
        agent.signal(SIGINT)
        #expect(agent.wait() == 0)
        #expect(try namesIn(folder.path) == ["trace.dat"])
        let report = try TraceReport(of: file)
        #expect(report.notes == ["cpus=\(try Self.cpus())"])
        #expect(report.count(cpu: 0) == 300)
        #expect(report.count(cpu: 1) == 5000)
        #expect(try TraceReport.countsOfLibrary(file).prefix(2) == [300, 5000])
        #expect(agent.errorText.contains("5000     0         5000"), "\(agent.errorText)")
        // A second recording of the same ring buffers counts from 0.
        try instance.write(70, cpu: 1)
        let second = try record(instance, ["--duration", "50ms"])
        #expect(second.wait() == 0)
        #expect(second.errorText.contains("70     0           70"), "\(second.errorText)")
        #expect(!second.errorText.contains("missing"))
        // All users may read the file, as with trace-cmd.
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o777 == 0o644)
    }

    private static func cpus() throws -> Int { Int(try Command("nproc", ["--all"]).output.dropLast()) ?? 0 }

    @Test func `ends after the duration, and disables the events that it enabled`() throws {
        let instance = try TraceInstance()
        try instance.set("set_event", "sched:sched_process_exit")
        let agent = try record(
            instance,
            ["--duration", "300ms", "-e", "sched:sched_process_fork", "--event", "sched:sched_process_exit"])
        while agent.wait(.zero) == nil { _ = try Command("true", []) }
        #expect(agent.wait() == 0)
        #expect(try instance.get("set_event") == "sched:sched_process_exit")
        let names = Set(try TraceReport(of: file).events.map(\.name))
        #expect(names == ["sched_process_fork", "sched_process_exit"])
    }

    @Test func `records the main scheduler events if no event is enabled and none is given`() throws {
        let instance = try TraceInstance()
        let agent = try record(instance, ["--duration", "200ms"])
        #expect(agent.wait() == 0)
        #expect(agent.errorText.contains("no event is enabled and none is given: the main scheduler events"))
        #expect(try instance.get("set_event").isEmpty)
        #expect(try TraceReport(of: file).events.contains { $0.name == "sched_switch" })
        for cpu in 0...1 {
            #expect(try instance.stat("entries", cpu: cpu) == 0)
            #expect(try TraceReport(of: file).count(cpu: cpu) == (try instance.stat("read events", cpu: cpu)))
        }
    }

    @Test func `refuses an unknown event, and leaves no file`() throws {
        let instance = try TraceInstance()
        let agent = try record(instance, ["-e", "sched:sched_switch", "-e", "nothing:of_the_kind"])
        #expect(agent.wait() == 64)
        #expect(agent.errorText.contains("--event nothing:of_the_kind: no such event"))
        #expect(try namesIn(folder.path).isEmpty)
        #expect(try instance.get("set_event").isEmpty)
    }

    @Test func `waits for no order where a control port is free`() throws {
        let instance = try TraceInstance()
        let ports = TemporaryFolder()
        try makeFIFO("\(ports.path)/agent-ctl-path")
        try instance.set("set_event", rareEvent)
        try instance.write(300, cpu: 0)
        let agent = try record(instance, ["--duration", "100ms", "--ports", ports.path])
        #expect(agent.wait() == 0)
        #expect(try TraceReport(of: file).count(cpu: 0) == 300)
    }

    @Test func `two recordings of the same ring buffers, or into one file, are one too many`() throws {
        let instance = try TraceInstance()
        try instance.set("buffer_percent", "77")
        try instance.set("set_event", rareEvent)
        let first = try record(instance)
        #expect(hasBegun(first))
        let sameRings = try record(instance, to: "\(folder.path)/other.dat")
        #expect(sameRings.wait() == 69)
        #expect(sameRings.errorText.contains("another recording of \(instance.path) is running"))
        let other = try TraceInstance()
        let sameFile = try record(other)
        #expect(sameFile.wait() == 69)
        #expect(sameFile.errorText.contains("another recording into \(file) is running"))
        try instance.write(200, cpu: 1)
        // Ctrl-\ ends it as Ctrl-C does.
        first.signal(SIGQUIT)
        #expect(first.wait() == 0)
        #expect(try TraceReport(of: file).count(cpu: 1) == 200)
        #expect(try instance.get("set_event") == rareEvent && namesIn(folder.path) == ["trace.dat"])
        #expect(try instance.get("buffer_percent") == "77")
    }

    @Test(.enabled(if: TraceInstance.hasSubBufferSize, "needs a kernel of 6.8 or later"))
    func
        `a recording ends in order if the sub-buffers get another size, and what was recorded can be salvaged`()
        throws
    {
        let instance = try TraceInstance()
        try instance.set("set_event", rareEvent)
        let agent = try record(instance)
        #expect(hasBegun(agent))
        try instance.write(3000, cpu: 0)
        #expect(try eventually { try readFile("\(file).cpu0").count >= 50 * 4096 })
        try instance.set("buffer_subbuf_size_kb", "8")
        try instance.write(100, cpu: 0)
        #expect(agent.wait() == 78)
        #expect(
            agent.errorText.contains(
                "the recording ends: the sub-buffer size has changed from 4096 to 8192 bytes; the recorded data is kept: "
            ))
        // Only what was read before the change has pages of the size that the header names.
        let streams = (0...1).map { "\(file).cpu\($0)" }
        let salvaged = try Command(
            Machine.release("trace-agent"), ["assemble", "--salvage", "-o", file, "\(file).head"] + streams)
        #expect(salvaged.status == 0, "\(salvaged.errorText)")
        #expect(try (50 * 40...3000).contains(TraceReport(of: file).count(cpu: 0)))
    }

    @Test func `counts lost events, as many as the pages contain`() throws {
        let instance = try TraceInstance(ringKiB: 64)
        try instance.set("set_event", rareEvent)
        // The size of these records leaves room in each page for the number of events lost before it.
        for cpu in 0...1 { try instance.write(20_000 * (cpu + 1), cpu: cpu) }
        let overrun = try (0...1).map { try instance.lost(cpu: $0) }
        #expect(overrun.allSatisfy { $0 > 10_000 })
        let agent = try record(instance, ["--duration", "100ms"])
        #expect(agent.wait() == 0)
        for cpu in 0...1 {
            let kept = try TraceReport(of: file).count(cpu: cpu)
            #expect(kept + overrun[cpu] == 20_000 * (cpu + 1))
            let message = "CPU \(cpu): the kernel lost \(overrun[cpu]) events, according to the pages"
            #expect(agent.errorText.contains(message), "\(agent.errorText)")
        }
    }

    @Test func `reports a file that cannot be made before anything is recorded`() throws {
        let instance = try TraceInstance()
        let nowhere = try record(instance, to: "\(folder.path)/none/trace.dat")
        #expect(nowhere.wait() == 74)
        #expect(nowhere.errorText.contains("cannot write \(folder.path)/none/trace.dat: No such file"))
        let folderItself = try record(instance, to: folder.path)
        #expect(folderItself.wait() == 64)
        #expect(folderItself.errorText.contains("not a regular file"))
        try makeLink("\(folder.path)/dangling", to: "\(folder.path)/none/trace.dat")
        let dangling = try record(instance, to: "\(folder.path)/dangling")
        #expect(dangling.wait() == 64)
        #expect(dangling.errorText.contains("a dangling symbolic link"))
        #expect(try namesIn(folder.path) == ["dangling"])
    }

    @Test func `keeps the recorded data on a full disk, and prints the command to continue with`() throws {
        let disk = try SmallDisk(kiB: 9 << 10)
        let instance = try TraceInstance(ringKiB: 8 << 10)
        let path = "\(disk.path)/trace.dat"
        let agent = try record(instance, to: path)
        #expect(hasBegun(agent))
        try instance.write(80_000, cpu: 0)
        #expect(agent.wait() == 74)
        let kept = "trace-agent assemble -o \(path) --force \(path).head \(path).cpu0 \(path).cpu1"
        #expect(agent.errorText.contains("No space left on device: make room"), "\(agent.errorText)")
        #expect(agent.errorText.contains("the recorded data is kept: /"), "\(agent.errorText)")
        #expect(agent.errorText.contains("/\(kept)\n"), "\(agent.errorText)")
        #expect(try !namesIn(disk.path).contains("trace.dat"))
        // The same command, on the full disk, then on one with room.
        let words = kept.split(separator: " ").map { String($0) }.dropFirst()
        let full = try Command(Machine.release("trace-agent"), Array(words))
        #expect(full.status == 74)
        #expect(full.errorText.contains("cannot write \(path): No space left on device: make room"))
        #expect(try !namesIn(disk.path).contains { $0 == "trace.dat" || $0.contains("partial") })
        try disk.enlarge(kiB: 64 << 10)
        #expect(try Command(Machine.release("trace-agent"), Array(words)).status == 0)
        #expect(try TraceReport(of: path).count(cpu: 0) > 10_000)
    }

    @Test func `leaves enough for a trace_dat if it is killed`() throws {
        let instance = try TraceInstance()
        let agent = try record(instance)
        #expect(hasBegun(agent))
        try instance.write(20_000, cpu: 0)
        #expect(try eventually { try readFile("\(file).cpu0").count > 100 * 4096 })
        agent.kill()
        let command = try Command(
            Machine.release("trace-agent"),
            ["assemble", "-o", file, "\(file).head", "\(file).cpu0", "\(file).cpu1"])
        #expect(command.status == 0)
        // The header is from before the recording: its counters say nothing of it.
        #expect(command.errorText == "")
        #expect(try TraceReport(of: file).count(cpu: 0) > 100 * 40)
    }

    @Test func `does not overwrite the files of an earlier recording`() throws {
        let instance = try TraceInstance()
        try writeFile("\(file).head", "precious")
        let agent = try record(instance)
        #expect(agent.wait() == 64)
        #expect(agent.errorText.contains("\(file).head is left from an earlier recording"))
        #expect(try readText("\(file).head") == "precious")
        #expect(try namesIn(folder.path) == ["trace.dat.head"])
        // It does not overwrite any other file of such a name either, or the target of such a link.
        try writeFile("\(folder.path)/elsewhere", "precious")
        try makeLink("\(file).cpu1", to: "\(folder.path)/elsewhere")
        unlink("\(file).head")
        let second = try record(instance)
        #expect(second.wait() == 64)
        #expect(second.errorText.contains("\(file).cpu1 exists"))
        #expect(try readText("\(folder.path)/elsewhere") == "precious")
        #expect(try namesIn(folder.path).sorted() == ["elsewhere", "trace.dat.cpu1"])
    }

    @Test func `ends once if several signals arrive together`() throws {
        let instance = try TraceInstance()
        try instance.set("set_event", rareEvent)
        let agent = try record(instance)
        #expect(hasBegun(agent))
        agent.signal(SIGSTOP)
        agent.signal(SIGINT)
        agent.signal(SIGTERM)
        agent.signal(SIGCONT)
        #expect(agent.wait() == 0)
        #expect(try namesIn(folder.path) == ["trace.dat"])
    }

    @Test func `warns of another reader of the same ring buffers`() throws {
        let instance = try TraceInstance()
        try instance.set("set_event", rareEvent)
        let other = try Program("cat", ["\(instance.path)/per_cpu/cpu0/trace_pipe_raw"])
        let ring = "\(instance.path)/per_cpu/cpu0/trace_pipe_raw"
        let holds = {
            (try? namesIn("/proc/\(other.pid)/fd"))?.contains {
                FileDescriptor.resolve("/proc/\(other.pid)/fd/\($0)") == ring
            } ?? false
        }
        #expect(eventually(holds))
        let agent = try record(instance, ["--duration", "50ms"])
        #expect(agent.wait() == 0)
        #expect(
            agent.errorText.contains("cat (\(other.pid)) reads the same ring buffers"), "\(agent.errorText)")
    }

    @Test func `warns if tracing is off`() throws {
        let instance = try TraceInstance()
        try instance.set("tracing_on", "0")
        let agent = try record(instance, ["--duration", "50ms"])
        #expect(agent.wait() == 0)
        let message = "warning: tracing is off, nothing is recorded: echo 1 > \(instance.path)/tracing_on"
        #expect(agent.errorText.contains(message))
    }

    @Test func `records one CPU alone, and assigns the events to it`() throws {
        let instance = try TraceInstance()
        try instance.set("set_event", rareEvent)
        for cpu in 0...1 { try instance.write(10 * (cpu + 1), cpu: cpu) }
        let agent = try record(instance, ["--cpu", "1", "--duration", "50ms"])
        #expect(agent.wait() == 0)
        let report = try TraceReport(of: file)
        #expect(report.count(cpu: 0) == 0 && report.count(cpu: 1) == 20)
        #expect(try namesIn(folder.path) == ["trace.dat"])
    }

    @Test(.enabled(if: TraceInstance.hasSubBufferSize, "needs a kernel of 6.8 or later"))
    func `records an instance whose sub-buffers are larger than those of others`() throws {
        let instance = try TraceInstance()
        try instance.set("buffer_subbuf_size_kb", "16")
        try instance.set("set_event", rareEvent)
        try instance.write(5000, cpu: 0)
        let agent = try record(instance, ["--duration", "50ms"])
        #expect(agent.wait() == 0, "\(agent.errorText)")
        #expect(try TraceReport(of: file).count(cpu: 0) == 5000)
    }

    @Test(arguments: [
        (["--record", ""], "a file has a name"), (["--record", "-"], "cannot be written to a pipe"),
        (["-o"], "--record and -o exclude each other"), (["--user", "nobody"], "keeps its privileges"),
        (["--duration", "soon"], "--duration"), (["-e", "sched irq"], "one event, or all of a system"),
        (["-e", ""], "one event, or all of a system"), (["-e", "!sched"], "one event, or all of a system"),
        (["-e", "sched:"], "one event, or all of a system"),
    ])
    func `refuses invalid options and combinations of options`(options: [String], message: String) throws {
        let instance = try TraceInstance()
        let agent = try record(instance, options)
        #expect(agent.wait() == 64)
        #expect(agent.errorText.contains(message), "\(agent.errorText)")
    }
}
