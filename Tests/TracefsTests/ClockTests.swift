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

    /// The times of CPU 0's events in the kernel's `trace`, or in a report, which puts no space before a long number.
    private func times(_ text: String) -> [Double] {
        text.split(separator: "\n").compactMap { line in
            guard let cpu = line.firstRange(of: "[000]") else { return nil }
            return line[cpu.upperBound...].split(separator: " ").lazy.filter { $0.hasSuffix(":") }
                .compactMap { Double($0.dropLast()) }.first
        }
    }
}
