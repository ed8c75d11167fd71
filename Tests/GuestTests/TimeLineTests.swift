import Foundation
import Glibc
import Support
import Testing

/// One time line of a guest and this machine.
///
/// QEMU's guest has this machine's counter and one constant, until it is stopped.
@MainActor @Suite(.serialized, .enabled(if: Machine.hasGuest, "needs the guest that `make guest` makes"))
struct TimeLineTests {
    private static let boot = Result {
        let guest = try Guest(.sockets)
        try guest.run("echo x86-tsc > /sys/kernel/tracing/trace_clock")
        return guest
    }
    private let guest: Guest
    private let folder = TemporaryFolder()

    init() throws { guest = try Self.boot.get() }

    private struct Measurement: Decodable {
        struct Ping: Decodable {
            let sent: Int
            let received: Int
            let answered: Int
            let arrived: Int
        }

        let clock: String
        let pings: [Ping]
        let bound: Int
    }

    @Test func `one offset lies within the interval of each of 250 pings, while the guest is recorded`()
        throws
    {
        try guest.startAgent()
        // Also while pages move: nobody reads them, which is nothing to a ping.
        let host = Machine.release("trace-host")
        #expect(try Command(host, ["start", guest.portsFolder]).status == 0)
        try guest.run("trace-load write /sys/kernel/tracing 0 2 2000 64 > /dev/null &")
        let time = try Command(
            host, ["time", guest.portsFolder, "--pings", "250", "--period", "5ms", "--json"])
        #expect(time.status == 0, "\(time.errorText)")
        let measured = try JSONDecoder().decode(Measurement.self, from: Data(time.output.utf8))
        #expect(measured.clock == "x86-tsc" && measured.pings.count == 250)
        let highest = try #require(measured.pings.map { $0.received - $0.sent }.min())
        let lowest = try #require(measured.pings.map { $0.answered - $0.arrived }.max())
        #expect(lowest <= highest)
        // Half of what is left, rounded.
        #expect(abs(measured.bound - (highest - lowest) / 2) <= 2)
        let shortest = try #require(
            measured.pings.map { $0.arrived - $0.sent - ($0.answered - $0.received) }.min())
        #expect(measured.bound <= shortest / 2 + 2)
        print("time line: bound \(measured.bound) cycles, shortest way there and back \(shortest)")
        #expect(try Command(host, ["stop", guest.portsFolder]).output.contains("\n"))
        try guest.endAgent()
    }

    @Test func `a clock that cannot be read is refused with what to do`() throws {
        try guest.run("echo local > /sys/kernel/tracing/trace_clock")
        defer { _ = try? guest.run("echo x86-tsc > /sys/kernel/tracing/trace_clock") }
        try guest.startAgent()
        let host = Machine.release("trace-host")
        let time = try Command(host, ["time", guest.portsFolder])
        #expect(time.status == 69)
        #expect(time.errorText.contains("the trace clock local cannot be read: choose one of x86-tsc, mono"))
        let record = try Command(
            host, ["record", guest.portsFolder, "-o", "\(folder.path)/t.dat", "--host-events", "sched"])
        #expect(record.status == 69)
        #expect(record.errorText.contains("its trace clock is local"))
        try guest.endAgent()
    }

    /// A marker of this machine, then one of the guest that it causes, then one of this machine; `count` times.
    private func mark(_ name: String, _ count: Int, in instance: String) throws {
        for number in 0..<count {
            try writeFile("\(instance)/trace_marker", "\(name) \(number) before")
            try guest.run("echo '\(name) \(number) guest' > /sys/kernel/tracing/trace_marker")
            try writeFile("\(instance)/trace_marker", "\(name) \(number) after")
        }
    }

    @Test(.enabled(if: Machine.hasTracefs, "needs root and tracefs"))
    func `markers of host and guest are in the order in which they were made, before and after a pause`()
        throws
    {
        let (output, begun) = ("\(folder.path)/trace.dat", "\(folder.path)/begun")
        try guest.startAgent()
        let record = try Program(
            Machine.release("trace-host"),
            [
                "record", guest.portsFolder, "-o", output, "--host-events", "sched:sched_switch",
                "--monitor",
                guest.monitorPath, "--", "sh", "-c",
                "echo > \(begun); while [ -e \(begun) ]; do sleep 0.05; done",
            ], output: .truncate("\(folder.path)/said"))
        guard eventually({ access(begun, F_OK) == 0 }) else {
            throw TestFailure(record.errorText)
        }
        let instance = "\(TraceInstance.top)/instances/trace-host-\(record.pid)"
        try mark("early", 200, in: instance)
        try guest.pause(for: .milliseconds(300))
        // The step is between two pings.
        usleep(500_000)
        try mark("late", 50, in: instance)
        unlink(begun)
        #expect(record.wait() == 0, "\(record.errorText)")
        #expect(!record.errorText.contains("warning"), "\(record.errorText)")
        #expect(access(instance, F_OK) == -1)
        let said = try readText("\(folder.path)/said")
        print(said)
        #expect(said.contains("time line: guest - host is known within"))
        #expect(said.contains("the guest's clock made a step of -30"), "\(said)")

        let hostFile = "\(folder.path)/trace.host.dat"
        for file in [output, hostFile] { #expect(try !TraceReport(of: file).events.isEmpty) }
        let merged = try Command("trace-cmd", ["report", "-i", hostFile, "-i", output])
        #expect(merged.status == 0 && merged.errorText.isEmpty, "\(merged.errorText)")
        for (name, count) in [("early", 200), ("late", 50)] {
            let marks = merged.output.split(separator: "\n").compactMap { line in
                line.firstRange(of: " \(name) ").map { line[$0.lowerBound...].dropFirst(name.utf8.count + 2) }
            }
            let expected = (0..<count).flatMap { number in
                ["before", "guest", "after"].map { "\(number) \($0)" }
            }
            let isInOrder = marks.map { String($0) } == expected
            #expect(isInOrder, "\(name): \(marks.prefix(12))")
        }
        try checkOptions(of: output, hostFile)
        let bound = said.firstRange(of: "within ").flatMap {
            Double(said[$0.upperBound...].prefix { $0 != " " })
        }
        try checkThreads(merged.output, within: try #require(bound) / 1e6)
        try guest.endAgent()
    }

    /// Each marker of a CPU of the guest was made while the host's thread of that CPU ran.
    private func checkThreads(_ report: String, within bound: Double) throws {
        var (begins, runs, marks) = ([0.0, 0], [[(Double, Double)](), []], [(cpu: Int, time: Double)]())
        for line in report.split(separator: "\n") {
            // FILE: TASK [CPU] TIME: EVENT: TEXT; the task's name may have blanks.
            guard let place = line.firstRange(of: " ["), let cpu = Int(line[place.upperBound...].prefix(3)),
                let time = line[place.upperBound...].split(separator: " ").dropFirst().first.flatMap({
                    Double($0.dropLast())
                })
            else { continue }
            if line.contains(" guest"), line.contains(" print: ") { marks.append((cpu, time)) }
            guard line.contains("sched_switch:"), let arrow = line.firstRange(of: "==>") else { continue }
            for cpu in 0...1 {
                if line[arrow.upperBound...].contains("CPU \(cpu)/TCG:") {
                    begins[cpu] = time
                } else if line[..<arrow.lowerBound].contains(" CPU \(cpu)/TCG:") {
                    runs[cpu].append((begins[cpu], time))
                }
            }
        }
        let outside = marks.filter { mark in
            !runs[mark.cpu].contains { $0.0 - bound <= mark.time && mark.time <= $0.1 + bound }
        }
        // For a failure: between which runs they are.
        let around = outside.prefix(5).map { mark in
            let before = runs[mark.cpu].last { $0.1 < mark.time }
            let after = runs[mark.cpu].first { $0.0 > mark.time }
            return "\(mark): \(before ?? (0, 0)), \(after ?? (0, 0))"
        }
        #expect(marks.count == 250 && outside.isEmpty, "\(around) \(bound)")
    }

    /// What `trace-cmd dump` says of the options.
    private func checkOptions(of output: String, _ hostFile: String) throws {
        let guestOptions = try Command("trace-cmd", ["dump", "--options", "-i", output]).output
        let hostOptions = try Command("trace-cmd", ["dump", "--options", "-i", hostFile]).output
        for (options, names) in [
            (guestOptions, ["TRACEID", "TimeShift", "TSC2NSEC"]),
            (hostOptions, ["TRACEID", "GUEST", "TSC2NSEC"]),
        ] {
            for name in names { #expect(options.contains("[Option \(name), "), "\(options)") }
        }
        for cpu in 0...1 {
            let thread = try namesIn("/proc/\(guest.pid)/task").first {
                try readText("/proc/\(guest.pid)/task/\($0)/comm").hasPrefix("CPU \(cpu)/")
            }
            #expect(hostOptions.contains(try #require(thread)))
        }
    }
}
