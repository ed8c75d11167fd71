import Reactor
import Support
import Testing

/// The times of a recorded instance, compared with those that the kernel itself prints.
@Suite(.serialized, .enabled(if: Machine.hasTracefs, "needs root and tracefs"))
struct ClockTests {
    /// trace-cmd 3.1.6 does not know `boot`, and prints its nanoseconds as they are, for its own files too.
    @Test(arguments: [("boot", 1e9), ("counter", 1.0), ("x86-tsc", 1)])
    func `the times are those of the clock of the instance`(clock: String, unit: Double) throws {
        let instance = try TraceInstance(ringKiB: 64)
        guard try instance.get("trace_clock").contains(clock) else { return }
        try instance.set("trace_clock", clock)
        try instance.set("set_event", "sched:sched_process_hang")
        try instance.write(3, cpu: 0)
        let expected = try times(instance.get("trace"))
        let folder = TemporaryFolder()
        let file = "\(folder.path)/trace.dat"
        let command = try Command(
            Machine.release("trace-agent"),
            ["--record", file, "--instance", instance.name, "--duration", "20ms"])
        #expect(command.status == 0, "\(command.errorText)")
        let times = try times(Command("trace-cmd", ["report", "-i", file]).output).map { $0 / unit }
        #expect(times.count == 3 && expected.count == 3)
        // Both round to microseconds.
        for (time, expected) in zip(times, expected) { #expect(abs(time - expected) < 2e-6, "\(clock)") }
    }

    /// trace-cmd has no unit for the times of a counter, and so no time of day.
    @Test(arguments: ["local", "mono", "tai", "counter"])
    func `with --date the times are those of the day`(clock: String) throws {
        let instance = try TraceInstance(ringKiB: 64)
        let folder = TemporaryFolder()
        let file = "\(folder.path)/trace.dat"
        let before = Double(microsecondsSinceEpoch) / 1e6
        let agent = try Command(
            Machine.release("trace-agent"),
            [
                "record", "-o", file, "--instance", instance.name, "--date", "-C", clock, "-e",
                "sched:sched_process_hang", "--", "sh", "-c",
                "date +%s.%N > \(instance.path)/trace_marker; date +%s.%N > \(instance.path)/trace_marker",
            ])
        let after = Double(microsecondsSinceEpoch) / 1e6
        if clock == "counter" {
            #expect(agent.status == 64)
            #expect(agent.errorText.contains("--date: the clock of the ring buffers is a counter"))
            #expect(try namesIn(folder.path).isEmpty)
            return
        }
        #expect(agent.status == 0, "\(agent.errorText)")
        let events = try TraceReport(of: file).events
        #expect(events.count == 2)
        for event in events {
            let date = try #require(event.text.split(separator: " ").lazy.compactMap { Double($0) }.last)
            // date(1) reads the time, and writes it: both before the kernel takes that of the event.
            #expect((-0.0001..<0.5).contains(event.seconds - date), "\(clock): \(event) - \(date)")
            #expect((before..<after).contains(event.seconds))
        }
    }

    /// The times of CPU 0's events in the kernel's `trace`, or in a report, which puts no space before a long number.
    private func times(_ text: String) -> [Double] {
        text.split(separator: "\n").compactMap { line in
            guard let cpu = line.firstRange(of: "[000]") else { return nil }
            return line[cpu.upperBound...].split(separator: " ").lazy.filter { $0.hasSuffix(":") }
                .compactMap { Double($0.dropLast()) }.first
        }
    }
}
