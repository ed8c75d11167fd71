import Glibc
import Reactor
import Support
import Testing

/// `trace-agent record`: what it sets for a recording and puts back, the program that it records, and parts.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct RecordCommandTests {
    private let folder = TemporaryFolder()
    private var file: String { "\(folder.path)/trace.dat" }

    /// - Parameter program: Making headers takes a debug build two seconds.
    private func record(
        _ instance: TraceInstance?, _ arguments: [String], program: String = Machine.release("trace-agent")
    ) throws -> Program {
        let options = instance.map { ["--instance", $0.name] } ?? []
        // A process group of its own, as a shell gives it.
        return try Program("setsid", [program, "record", "--force", "-o", file] + options + arguments)
    }

    /// An event that is enabled, so that no other one is, but does not occur.
    private let rareEvent = "sched:sched_process_hang"

    private func hasBegun(_ agent: Program) -> Bool { eventually { agent.errorText.contains("streaming") } }

    @Test func `records a command to its end, and passes its exit code on`() throws {
        let instance = try TraceInstance()
        let marker = "\(instance.path)/trace_marker"
        let agent = try record(
            instance,
            ["-e", rareEvent, "--", "sh", "-c", "for n in 1 2 3; do echo n=$n > \(marker); done; exit 7"])
        #expect(agent.wait() == 7)
        let report = try TraceReport(of: file)
        #expect(report.events.map(\.text).filter { $0.contains("n=") }.count == 3)
        #expect(try instance.get("set_event") == "")
        let unknown = try record(instance, ["-e", rareEvent, "--", "\(folder.path)/nothing"])
        #expect(unknown.wait() == 127)
        #expect(unknown.errorText.contains("cannot run \(folder.path)/nothing: No such file or directory"))
        let killed = try record(instance, ["-e", rareEvent, "--", "sh", "-c", "kill -KILL $$"])
        #expect(killed.wait() == 128 + SIGKILL)
    }

    @Test func `records only the command and its children`() throws {
        let instance = try TraceInstance()
        let agent = try record(
            instance,
            [
                "-e", "sched_process_exit", "-e", "sched_process_exec", "-F", "--", "sh", "-c",
                "/bin/true; /bin/true; :",
            ])
        while agent.wait(.zero) == nil { _ = try Command("true", []) }
        #expect(agent.wait() == 0, "\(agent.errorText)")
        let names = try TraceReport(of: file).events.map(\.name)
        // The launcher becomes sh, which runs true twice.
        #expect(names.filter { $0 == "sched_process_exec" }.count == 3, "\(names)")
        #expect(names.filter { $0 == "sched_process_exit" }.count == 3)
        #expect(try instance.get("set_event_pid") == "" && instance.get("options/event-fork") == "0")
    }

    @Test func `on request, the files have only the formats of events that occur`() throws {
        let instance = try TraceInstance()
        let agent = try record(
            instance, ["--compact", "-e", "sched_process_ex*", "--split-every", "10s", "--", "true"])
        #expect(agent.wait() == 0, "\(agent.errorText)")
        let events: Set<String> = ["sched_process_exec", "sched_process_exit"]
        #expect(Set(try TraceReport(of: "\(file).1").events.map(\.name)) == events)
        // trace-cmd does not list the formats of version 7.
        let names = try Command("grep", ["-aoE", "name: [a-z0-9_]+$", "\(file).1"]).output
            .split(separator: "\n").map { String($0.dropFirst(6)) }
        #expect(Set(names).subtracting(try namesIn("\(TraceInstance.top)/events/ftrace")) == events)
    }

    @Test func `the command has the signals and the pages that it would have without a recording`() throws {
        let instance = try TraceInstance()
        let agent = try record(
            instance,
            [
                "-e", rareEvent, "--", "sh", "-c",
                "grep -E '^(SigBlk|SigIgn|THP_enabled)' /proc/self/status > \(folder.path)/status",
            ])
        #expect(agent.wait() == 0)
        let status = try readText("\(folder.path)/status").split(separator: "\n").map {
            $0.split(separator: "\t")[1]
        }
        // glibc ignores two signals of its own, 32 and 33.
        let ignored = try #require(UInt64(status[2], radix: 16))
        #expect(status[0] == "1" && status[1] == "0000000000000000" && ignored & 0x7fff_ffff == 0)
    }

    @Test(arguments: ["end", "kill -9", "kill -9 of the group", "two signals"])
    func `puts back what it has set, whatever ends it`(end: String) throws {
        let instance = try TraceInstance(ringKiB: 1024)
        try instance.set("buffer_percent", "77")
        try instance.set("events/sched/sched_process_exec/filter", "pid == 1")
        let before = try [
            "trace_clock", "buffer_size_kb", "current_tracer", "events/sched/sched_process_exec/filter",
        ]
        .map(instance.get)
        let agent = try record(
            instance,
            [
                "-C", "mono", "-b", "2M", "-p", "nop", "-e", "sched_process_exec", "-f", "pid == 2", "-f",
                "pid == 3",
                "-e", "sched_process_hang",
            ])
        #expect(hasBegun(agent))
        #expect(
            try instance.get("trace_clock").contains("[mono]"))
        #expect(try 2048..<2064 ~= (Int(instance.get("buffer_size_kb")) ?? 0))
        #expect(
            try instance.get("events/sched/sched_process_exec/filter") == "(pid == 2) && (pid == 3)")
        #expect(try instance.get("events/sched/sched_process_hang/filter") == "none")
        switch end {
        case "end": agent.signal(SIGINT)
        case "kill -9": agent.signal(SIGKILL)
        // As timeout(1) does, and Ctrl-C.
        case "kill -9 of the group": kill(-agent.pid, SIGKILL)
        default:
            agent.signal(SIGSTOP)
            agent.signal(SIGTERM)
            agent.signal(SIGCONT)
            agent.signal(SIGTERM)
        }
        _ = agent.wait()
        let restored = {
            try instance.get("set_event") == "" && instance.get("buffer_percent") == "77"
                && [
                    "trace_clock", "buffer_size_kb", "current_tracer",
                    "events/sched/sched_process_exec/filter",
                ]
                .map(instance.get) == before
        }
        // The helper needs a moment after a sudden end.
        #expect(try end == "end" ? restored() : eventually(restored))
    }

    @Test func `on request, the recording's own threads leave no events`() throws {
        let instance = try TraceInstance()
        /// The events of a worker that splices, as each of its flushes does.
        func ownEvents(_ options: [String]) throws -> Int {
            // 275 is splice(2): what a flush sends is recorded, and sent by the next one.
            let agent = try record(
                instance,
                ["-e", "raw_syscalls:sys_enter", "-f", "id == 275", "--flush-interval", "20ms"] + options)
            #expect(hasBegun(agent))
            let thread = try agent.thread(named: "trace-cpu0")
            try instance.write(1, cpu: 0)
            _ = agent.wait(.milliseconds(200))
            agent.signal(SIGINT)
            #expect(agent.wait() == 0, "\(agent.errorText)")
            return try TraceReport(of: file).events.count { $0.task.hasSuffix("-\(thread)") }
        }
        #expect(try ownEvents([]) > 0)
        #expect(try ownEvents(["--exclude-self"]) == 0)
        #expect(try instance.get("set_event_notrace_pid") == "")
    }

    @Test func `killed, it leaves the threads that are not traced as they were`() throws {
        let instance = try TraceInstance()
        try instance.set("set_event_notrace_pid", "1")
        let agent = try record(instance, ["-e", rareEvent, "--exclude-self"])
        #expect(hasBegun(agent))
        let thread = try agent.thread(named: "trace-cpu1")
        let excluded = try instance.get("set_event_notrace_pid").split(separator: "\n")
        #expect(excluded.contains("1") && excluded.contains("\(thread)"), "\(excluded)")
        agent.signal(SIGKILL)
        _ = agent.wait()
        #expect(try eventually { try instance.get("set_event_notrace_pid") == "1" })
    }

    @Test(arguments: [SIGINT, SIGKILL])
    func `makes an instance of its own, and removes it`(signal: CInt) throws {
        let name = "trace-agent-own-\(getpid())"
        let path = "\(TraceInstance.top)/instances/\(name)"
        let agent = try record(nil, ["-B", name, "-e", "sched_process_exec"])
        #expect(hasBegun(agent))
        #expect(access(path, F_OK) == 0)
        let second = try record(nil, ["-B", name])
        #expect(second.wait() == 64)
        #expect(second.errorText.contains("--buffer \(name): \(path) exists"))
        agent.signal(signal)
        #expect(agent.wait() == (signal == SIGINT ? 0 : 128 + SIGKILL))
        #expect(eventually { access(path, F_OK) == -1 })
    }

    @Test(arguments: [
        (["-C", "nothing"], "--clock nothing: there are: "),
        (["-p", "nothing"], "--tracer nothing: there are: "),
        (["-e", "sched_process_exec", "-f", "nothing == 1"], "of sched:sched_process_exec: Field not found"),
        (["-f", "pid == 1"], "there is no -e before it"), (["-F"], "there is no COMMAND"),
        (["-o", ""], "a file has a name"),
        (["-o", "-"], "cannot be written to a pipe"), (["--keep", "2"], "--keep is for --max-size"),
        (["-b", "0"], "-b"), (["-e", "sched irq"], "one event, or all of a system"),
    ])
    func `refuses what is wrong, and leaves nothing`(arguments: [String], message: String) throws {
        let instance = try TraceInstance()
        let agent = try record(instance, arguments)
        #expect(agent.wait() == 64)
        #expect(agent.errorText.contains(message), "\(agent.errorText)")
        #expect(try namesIn(folder.path).isEmpty)
        #expect(try instance.get("set_event") == "")
    }

    @Test func `takes names of events as trace-cmd does`() throws {
        let instance = try TraceInstance()
        let agent = try record(
            instance, ["-e", "sched_process_ex*", "-e", "*:hrtimer_st?rt", "-e", "sched:sched_wa*"])
        #expect(hasBegun(agent))
        let enabled = Set(try instance.get("set_event").split(separator: "\n").map(String.init))
        #expect(
            enabled.isSuperset(of: [
                "sched:sched_process_exec", "sched:sched_process_exit", "timer:hrtimer_start",
                "sched:sched_waking",
            ]))
        #expect(!enabled.contains("sched:sched_switch"))
        agent.signal(SIGINT)
        #expect(agent.wait() == 0)
        #expect(try instance.get("set_event") == "")
    }

    @Test func `a long recording is divided, and loses nothing at a seam`() throws {
        let instance = try TraceInstance(ringKiB: 4096)
        let agent = try record(
            instance, ["-e", rareEvent, "--split-every", "1s"], program: Machine.program("trace-agent"))
        #expect(hasBegun(agent))
        let loads = try (0...1).map { try instance.startLoad(cpu: $0, seconds: 7, rate: 8000) }
        let written = try loads.map { try $0.recordsWritten() }
        agent.signal(SIGINT)
        #expect(agent.wait() == 0, "\(agent.errorText)")
        let names = try namesIn(folder.path).sorted()
        #expect(
            names.count >= 5
                && names.allSatisfy { $0.hasPrefix("trace.dat.") && Int($0.dropFirst(10)) != nil })
        var counts = [0, 0]
        for name in names {
            let report = try TraceReport(of: "\(folder.path)/\(name)")
            let ofPart = counts.indices.map { report.count(cpu: $0) }
            #expect(try TraceReport.countsOfLibrary("\(folder.path)/\(name)").prefix(2) == ofPart[...])
            for cpu in 0...1 { counts[cpu] += ofPart[cpu] }
        }
        #expect(counts == written)
        for cpu in 0...1 { #expect(try instance.stat("read events", cpu: cpu) == written[cpu]) }
        #expect(!agent.errorText.contains("missing"))
    }

    @Test func `a clock that is changed meanwhile is named`() throws {
        let instance = try TraceInstance()
        let agent = try record(instance, ["-e", rareEvent])
        #expect(hasBegun(agent))
        try instance.set("trace_clock", "counter")
        try instance.write(100, cpu: 0)
        agent.signal(SIGINT)
        #expect(agent.wait() == 0)
        #expect(
            agent.errorText.contains("trace_clock was changed from local to counter during the recording"))
        #expect(try TraceReport(of: file).count(cpu: 0) == 100)
    }

    @Test func `keeps the latest parts only, each as large as allowed`() throws {
        let instance = try TraceInstance(ringKiB: 4096)
        let agent = try record(instance, ["-e", rareEvent, "-m", "1M", "--keep", "2"])
        #expect(hasBegun(agent))
        let written = try instance.startLoad(cpu: 0, seconds: 1, rate: 60_000).recordsWritten()
        agent.signal(SIGINT)
        #expect(agent.wait() == 0, "\(agent.errorText)")
        let names = try namesIn(folder.path)
        let numbers = names.compactMap { Int($0.dropFirst(10)) }.sorted()
        #expect(names.count == 2 && numbers.count == 2 && numbers[0] > 1 && numbers[1] == numbers[0] + 1)
        let counts = try numbers.map { try TraceReport(of: "\(file).\($0)").count(cpu: 0) }
        #expect(counts[0] * 80 > 1 << 20 && counts.reduce(0, +) < written)
        #expect(try instance.stat("read events", cpu: 0) == written)
    }
}
