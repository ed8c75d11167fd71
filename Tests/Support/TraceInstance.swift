import Glibc
import Reactor

/// A trace instance of the test's own; it goes with the test.
package final class TraceInstance {
    package static let top = "/sys/kernel/tracing"

    /// Whether this kernel's sub-buffers can be larger than a page.
    package static let hasSubBufferSize = access(top + "/buffer_subbuf_size_kb", F_OK) == 0

    package let name: String
    package var path: String { "\(Self.top)/instances/\(name)" }

    /// Makes one whose rings hold `ringKiB` each.
    ///
    /// - Parameter name: One that an earlier run may have left behind; without it the instance is new.
    package init(ringKiB: Int = 2048, name: String? = nil) throws {
        self.name = name ?? "trace-agent-test-\(getpid())-\(UInt16.random(in: 0 ... .max))"
        if let name { _ = eventually { rmdir("\(Self.top)/instances/\(name)") == 0 || errno == ENOENT } }
        guard mkdir("\(Self.top)/instances/\(self.name)", 0o700) == 0 else {
            throw TestFailure("cannot make a trace instance: errno \(errno)")
        }
        try set("buffer_size_kb", "\(ringKiB)")
    }

    deinit {
        // Busy as long as a program that was just killed has it open.
        _ = eventually { rmdir(path) == 0 || errno != EBUSY }
    }

    package func set(_ file: String, _ value: String) throws { try writeFile("\(path)/\(file)", value) }
    package func get(_ file: String) throws -> String { String(try readText("\(path)/\(file)").dropLast()) }

    /// One number of `per_cpu/cpuN/stats`.
    package func stat(_ name: String, cpu: Int) throws -> Int {
        for line in try readText("\(path)/per_cpu/cpu\(cpu)/stats").split(separator: "\n")
        where line.hasPrefix(name + ": ") {
            return Int(line.dropFirst(name.count + 2)) ?? -1
        }
        throw TestFailure("no \(name) in stats")
    }

    /// Events that the kernel counts as lost.
    package func lost(cpu: Int) throws -> Int {
        try ["overrun", "commit overrun", "dropped events"].map { try stat($0, cpu: cpu) }.reduce(0, +)
    }

    /// The type number of what `trace_marker_raw` writes.
    package static func rawDataType() throws -> UInt16 {
        let format = try readText("\(top)/events/ftrace/raw_data/format")
        for line in format.split(separator: "\n") where line.hasPrefix("ID: ") {
            return UInt16(line.dropFirst(4)) ?? 0
        }
        throw TestFailure("no ID in the format of raw_data")
    }

    /// Starts writing numbered records on one CPU; `recordsWritten` says how many it were.
    ///
    /// - Parameter priority: That of a real-time task, sched(7); `nil` for none.
    package func startLoad(
        cpu: Int, seconds: Double, rate: Int, size: Int = 64, priority: Int? = nil
    ) throws -> Load {
        try Load(instance: path, cpu: cpu, seconds: seconds, rate: rate, size: size, priority: priority)
    }

    /// Writes `count` numbered records on one CPU.
    package func write(_ count: Int, cpu: Int) throws {
        let load = try startLoad(cpu: cpu, seconds: 0.001, rate: count * 1000)
        guard try load.recordsWritten() == count else { throw TestFailure("not \(count) records") }
    }
}

/// A program that writes numbered records, pinned to a CPU.
package final class Load {
    private let program: Program
    private let output = temporaryPath()

    init(instance: String, cpu: Int, seconds: Double, rate: Int, size: Int, priority: Int?) throws {
        // A flat-out load says nothing if it is slowed down by a debug build.
        let load = [
            Machine.release("trace-load"), "write", instance, "\(cpu)", "\(seconds)", "\(rate)", "\(size)",
        ]
        let command = (priority.map { ["chrt", "-f", "\($0)"] } ?? []) + load
        program = try Program(command[0], Array(command.dropFirst()), output: .truncate(output))
    }

    deinit { unlink(output) }

    /// Ends it before its time.
    package func end() { program.kill() }

    package var isRunning: Bool { program.wait(.zero) == nil }

    /// Waits for its end.
    package func recordsWritten() throws -> Int {
        guard program.wait() == 0, let count = Int(try readText(output).dropLast()) else {
            throw TestFailure("the load failed: \(try readText(output)) \(program.errorText)")
        }
        return count
    }
}
