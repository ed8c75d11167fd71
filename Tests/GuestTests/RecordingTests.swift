import Reactor
import Support
import Testing

/// What a host makes of a guest's streams and header, with nothing in the guest but the agent; trace-cmd is the judge.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct RecordingTests {
    private static let boot = Result { try Guest(.fifos) }
    private let guest: Guest
    private let answers: Connection
    private let folder = TemporaryFolder()

    init() throws {
        guest = try Self.boot.get()
        answers = try guest.answers()
    }

    private func order(_ word: String) throws -> Answer { try guest.order(word, answeredOn: answers) }

    /// Writes the header, and puts it together with what was caught.
    private func assemble(_ header: [UInt8]) throws -> String {
        try writeBytes("\(folder.path)/head.dat", header)
        let output = "\(folder.path)/trace.dat"
        let streams = (0...1).map { guest.caughtPath(cpu: $0) }
        let command = try Command(
            Machine.release("trace-agent"), ["assemble", "-o", output, "\(folder.path)/head.dat"] + streams)
        #expect(command.status == 0 && command.errorText.isEmpty, "\(command.errorText)")
        return output
    }

    private let tracing = "cd /sys/kernel/tracing"
    private let eventsOff =
        "cd /sys/kernel/tracing; echo 0 > events/enable; cd /"

    /// The scheduler's and interrupts' events, a probe and a traced function.
    private func switchOn() throws {
        try guest.run(
            """
            \(tracing)
            echo 'p:opened do_sys_openat2 name=+0($arg2):ustring' > kprobe_events
            echo 1 > events/sched/enable; echo 1 > events/irq/enable
            echo 1 > events/timer/hrtimer_expire_entry/enable; echo 1 > events/kprobes/enable
            cd /
            """)
    }

    private let work = """
        for cpu in 1 2; do
            taskset $cpu sh -c 'for i in $(seq 100); do echo "mark $0 $i" > /sys/kernel/tracing/trace_marker; done' $cpu &
        done
        wait
        cat /proc/version > /dev/null; taskset 2 sleep 0.05; taskset 1 sleep 0.05
        """

    /// Records it from start to stop, until everything has come.
    private func recordWork() throws -> (line: Announcement, bytes: [UInt8]) {
        try guest.startAgent()
        try guest.catchPages()
        #expect(try order("start").state == "streaming")
        try switchOn()
        try guest.run(work)
        try guest.run(eventsOff)
        let stopped = try order("stop")
        let header = try guest.header(from: answers)
        for cpu in 0...1 { _ = try guest.caught(cpu: cpu, bytes: stopped.cpus[cpu].bytes) }
        return header
    }

    @Test func `every marker comes once, with tasks, times, probes and functions, and no event is missing`()
        throws
    {
        defer {
            guest.stopCatching()
            _ = try? guest.run("\(tracing); echo nop > current_tracer; echo > set_ftrace_filter")
        }
        // The kernel lets nobody change the tracer while somebody reads the rings.
        try guest.run("\(tracing); echo vfs_open > set_ftrace_filter; echo function > current_tracer")
        // Everything else is switched on after the agent has dropped its privileges.
        let header = try recordWork()
        #expect(header.line.error == nil)
        #expect(header.line.cpus == 2)
        #expect(header.line.page_size == 4096)
        #expect(try guest.run("cat /sys/kernel/tracing/trace_clock").contains("[\(header.line.clock)]"))
        #expect(header.line.boot_id == (try guest.run("cat /proc/sys/kernel/random/boot_id")))
        #expect(header.line.symbols > 50_000)
        #expect(try guest.endAgent().contains("running as virtio-trace"))

        let file = try assemble(header.bytes)
        let report = try TraceReport(of: file)
        for cpu in 0...1 {
            #expect(report.count(cpu: cpu) == (try guest.stat("read events", cpu: cpu)))
            #expect(try guest.stat("overrun", cpu: cpu) == 0)
        }
        let marks = (1...2).flatMap { cpu in (1...100).map { "mark \(cpu) \($0)" } }
        #expect(report.markers("mark ").sorted() == marks.sorted())
        // In order within a CPU, and at a time of this boot.
        #expect(report.markers("mark 1 ") == (1...100).map { "mark 1 \($0)" })
        let uptime = try Double(guest.run("cut -d ' ' -f 1 /proc/uptime")) ?? 0
        #expect(report.events.allSatisfy { $0.seconds > 1 && $0.seconds < uptime })
        #expect(report.events.filter { $0.name == "print" }.allSatisfy { $0.task.hasPrefix("sh-") })
        #expect(report.events.contains { $0.name == "opened" && $0.text.contains(#"name="/proc/version""#) })
        #expect(
            report.events.contains { $0.name == "function" && $0.text.hasPrefix("vfs_open") },
            "\(report.events.filter { $0.name == "function" }.prefix(3))")
        #expect(
            report.events.contains {
                $0.name == "hrtimer_expire_entry" && $0.text.contains("function=hrtimer_wakeup")
            })
        #expect(report.events.contains { $0.name == "softirq_entry" && $0.text.contains("action=TIMER") })
        #expect(!report.events.contains { $0.name.contains("UNKNOWN") || $0.text.contains("UNKNOWN") })

        let dump = try Command("trace-cmd", ["dump", "--all", "-i", file])
        #expect(dump.status == 0 && dump.errorText.isEmpty, "\(dump.errorText)")
        let stat = try Command("trace-cmd", ["report", "--stat", "-i", file])
        #expect(stat.status == 0 && stat.errorText.isEmpty, "\(stat.errorText)")
        for cpu in 0...1 { #expect(stat.output.contains("CPU: \(cpu)\n")) }
        // trace-cmd itself takes the header, too.
        let restored = "\(folder.path)/restored.dat"
        let restore = try Command(
            "trace-cmd",
            ["restore", "-i", "\(folder.path)/head.dat", "-o", restored]
                + (0...1).map { guest.caughtPath(cpu: $0) })
        #expect(restore.status == 0)
        #expect(try TraceReport(of: restored).events.map(\.text) == report.events.map(\.text))
    }

    @Test func `formats and fields are those that trace-cmd records for the same work`() throws {
        defer { guest.stopCatching() }
        let header = try recordWork()
        try guest.endAgent()
        let ours = try assemble(header.bytes)
        try guest.run(
            """
            cat > /tmp/work <<'END'
            \(work)
            END
            cd /tmp
            trace-cmd record --file-version 6 -o peer.dat -e sched -e irq -e timer:hrtimer_expire_entry -e kprobes sh /tmp/work
            """, within: .seconds(120))
        let theirs = "\(folder.path)/peer.dat"
        try writeBytes(theirs, try guest.bytes(of: "/tmp/peer.dat"))

        let theirFormats = try TraceReport.formats(of: theirs)
        let ourFormats = try TraceReport.formats(of: ours)
        #expect(theirFormats.count > 30)
        for (name, format) in theirFormats { #expect(ourFormats[name] == format, "\(name)") }
        let (mine, peers) = (try TraceReport(of: ours, ["-R"]), try TraceReport(of: theirs, ["-R"]))
        for name in [
            "sched_switch", "sched_waking", "sched_process_fork", "sched_process_exit", "softirq_entry",
            "softirq_exit",
            "hrtimer_expire_entry", "opened", "print",
        ] {
            #expect(fields(of: name, in: mine) == fields(of: name, in: peers), "\(name)")
            #expect(fields(of: name, in: mine).isEmpty == false, "\(name)")
        }
    }

    /// The names of the fields of an event that was recorded, from `trace-cmd report -R`.
    private func fields(of event: String, in report: TraceReport) -> [String] {
        guard let first = report.events.first(where: { $0.name == event }) else { return [] }
        return first.text.split(separator: " ").compactMap {
            $0.contains("=") ? $0.split(separator: "=").first : nil
        }
        .map { String($0) }
    }

    @Test func `with gid= for tracefs a later header has the format of a probe that is gone`() throws {
        defer {
            guest.stopCatching()
            _ = try? guest.run("mount -o remount,gid=0 /sys/kernel/tracing")
        }
        try guest.run("mount -o remount,gid=4242 /sys/kernel/tracing")
        #expect(try guest.run("stat -c %a:%g /sys/kernel/tracing/events/sched") == "750:4242")
        #expect(try guest.run("trace-agent check").contains("event formats, which group 4242 may read"))
        try guest.startAgent()
        try guest.catchPages()
        #expect(try order("start").state == "streaming")
        try guest.run("\(tracing); echo 'p:gone/opened do_sys_openat2' > kprobe_events")
        #expect(try guest.header(from: answers).line.error == nil)
        try guest.run(
            "\(tracing); echo 1 > events/gone/enable; cat README > /dev/null; echo 0 > events/gone/enable")
        let stopped = try order("stop")
        try guest.run("\(tracing); echo -:gone/opened > kprobe_events")
        let header = try guest.header(from: answers)
        #expect(header.line.error == nil)
        for cpu in 0...1 { _ = try guest.caught(cpu: cpu, bytes: stopped.cpus[cpu].bytes) }
        let events = try TraceReport(of: try assemble(header.bytes)).events
        #expect(!events.isEmpty && events.allSatisfy { $0.name == "opened" })
        try guest.endAgent()
    }

    @Test func `dump sends what the rings hold, then stops`() throws {
        defer { guest.stopCatching() }
        try guest.startAgent()
        try guest.catchPages()
        let written = try guest.writeRecords(seconds: 0.2, rate: 10_000)
        let answer = try order("dump")
        #expect(answer.answer == "dump")
        #expect(answer.state == "stopped" && answer.complete)
        _ = try guest.writeRecords(seconds: 0.1, rate: 10_000)
        for cpu in 0...1 {
            let stream = try guest.caught(cpu: cpu, bytes: answer.cpus[cpu].bytes)
            #expect(stream.numbers(of: cpu) == Array(0..<UInt64(written[cpu])))
        }
        #expect(try order("status").totals.bytes == answer.totals.bytes)
        try guest.endAgent()
    }

    @Test func `a host that reads half a header holds up neither orders nor pages`() throws {
        defer { guest.stopCatching() }
        try guest.startAgent()
        try guest.catchPages()
        try guest.order("metadata\nstart\n")
        // What is quick to answer is answered first.
        #expect(try answers.answer().answer == "start")
        let announcement = try Announcement(try answers.line())
        let half = try answers.bytes(announcement.bytes / 2)
        // The host reads no more: the rest fills the port's queue and stays.
        let written = try guest.writeRecords(seconds: 2, rate: 20_000)
        try guest.order("stop\nmetadata\n")
        for cpu in 0...1 {
            #expect(try eventually { try guest.caught(cpu: cpu, bytes: 0).records.count == written[cpu] })
        }
        // The rest, then the answer that waited behind it, then the next header.
        let rest = try answers.bytes(announcement.bytes - half.count)
        #expect(try answers.answer().answer == "stop")
        let second = try Announcement(try answers.line())
        _ = try answers.bytes(second.bytes)
        let memory = try guest.run("ls -l /proc/$(cat /tmp/agent.pid)/fd | grep -c memfd")
        // One a slot, for the host, root, the group; one for event formats.
        #expect(memory == "4")
        let file = try assemble(half + rest)
        #expect(try TraceReport(of: file).count(cpu: 0) == written[0])
        try guest.endAgent()
    }

    @Test func `the guest's kernel has nothing to complain of`() throws {
        let log = try guest.run("dmesg")
        #expect(!log.contains("Oops") && !log.contains("WARNING") && !log.contains("BUG:"))
    }
}
