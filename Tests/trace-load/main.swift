import Glibc
import Reactor

// Writes events for tests and benchmarks, or moves pages as a bare loop that the agent is compared with.
//
//     trace-load write TRACE_DIR CPU SECONDS RATE SIZE
//
// writes numbered records to a trace instance, pinned to CPU: RATE records per second, or as many as possible if RATE is
// 0. It prints the number of records.
//
//     trace-load bare TRACE_DIR CPU SECONDS SINK
//
// moves pages with a bare loop of two splices, pinned to CPU. It prints the bytes moved and the CPU time in microseconds.

let arguments = CommandLine.arguments
guard arguments.count >= 6, let cpu = Int(arguments[3]), let seconds = Double(arguments[4]) else {
    print("usage: see the comment at the top of Tests/trace-load/main.swift")
    exit(64)
}
let directory = arguments[2]
guard CPUMask([cpu]).set(ofThread: callingThreadID) == nil else {
    print("trace-load: cannot run on CPU \(cpu)")
    exit(71)
}
if arguments[1] == "write" {
    try writeRecords(rate: Int(arguments[5]) ?? 0, size: Int(arguments[6]) ?? 64)
} else {
    try bareLoop(into: arguments[5])
}

/// Writes records of `size` bytes to the instance's `trace_marker_raw`, at least 12 bytes each.
///
/// A record begins with a 32-bit tag, which is the CPU, and a 64-bit number that counts up from 0.
func writeRecords(rate: Int, size: Int) throws {
    let marker = try FileDescriptor.open("\(directory)/trace_marker_raw", .writeOnly)
    var record = [UInt8](repeating: 0, count: max(size, 12))
    record.withUnsafeMutableBytes { $0.storeBytes(of: UInt32(cpu), as: UInt32.self) }
    let clock = ContinuousClock()
    let start = clock.now
    let end = start + .seconds(seconds)
    let batch = rate == 0 ? 1024 : max(1, rate / 1000)
    var count: UInt64 = 0
    while rate == 0 ? clock.now < end : count < UInt64(Double(rate) * seconds) {
        for _ in 0..<batch {
            record.withUnsafeMutableBytes { $0.storeBytes(of: count, toByteOffset: 4, as: UInt64.self) }
            // EBADF: the ring buffer refuses events, while its sub-buffers are exchanged for instance.
            guard (try? marker.write(record)) == record.count else { continue }
            count += 1
        }
        if rate > 0 {
            let pause = start + .seconds(Double(count) / Double(rate)) - clock.now
            if pause > .zero { usleep(UInt32(pause / .microseconds(1))) }
        }
    }
    print(count)
}

/// Moves whole pages to `path` as the simplest loop that loses none: poll(2), splice(2), splice(2).
func bareLoop(into path: String) throws {
    let ring = try FileDescriptor.open(
        "\(directory)/per_cpu/cpu\(cpu)/trace_pipe_raw", [.readOnly, .nonBlocking])
    let sink = try FileDescriptor.open(path, [.writeOnly, .nonBlocking])
    let pipe = try Pipe(size: 64 << 10)
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    var bytes = 0
    while clock.now < end {
        guard poll(ring, for: .readable, timeout: .milliseconds(100)) else { continue }
        while let moved = try ring.splice(to: pipe.writeEnd, length: pipe.capacity) {
            var left = moved
            while left > 0 { left -= try pipe.readEnd.splice(to: sink, length: 1 << 30) ?? 0 }
            bytes += moved
            if clock.now > end { break }
        }
    }
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let time =
        (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1_000_000 + usage.ru_utime.tv_usec
        + usage.ru_stime.tv_usec
    print(bytes, time)
}
