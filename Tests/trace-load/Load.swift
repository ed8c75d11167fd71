import Glibc
import Reactor

/// What is done for some time with the ring buffer of one CPU.
struct Load {
    let directory: String
    let cpu: Int
    let seconds: Double

    /// Writes records of `size` bytes to the instance's `trace_marker_raw`.
    ///
    /// A record has at least 12 bytes: a 32-bit tag, which is the CPU, and a 64-bit number that counts up from 0. If there
    /// is a rate and room, the 64-bit time follows, in nanoseconds of CLOCK_MONOTONIC.
    ///
    /// - Parameter rate: Records a second; 0: as many as possible.
    /// - Returns: The number of records.
    func writeRecords(rate: Int, size: Int) throws -> UInt64 {
        let marker = try FileDescriptor.open("\(directory)/trace_marker_raw", .writeOnly)
        var record = [UInt8](repeating: 0, count: max(size, 12))
        record.withUnsafeMutableBytes { $0.storeBytes(of: UInt32(cpu), as: UInt32.self) }
        let clock = ContinuousClock()
        let start = clock.now
        let end = start + .seconds(seconds)
        let hasTime = rate > 0 && record.count >= 20
        let batch = rate == 0 ? 1024 : max(1, rate / 1000)
        var count: UInt64 = 0
        while rate == 0 ? clock.now < end : count < UInt64(Double(rate) * seconds) {
            for _ in 0..<batch {
                record.withUnsafeMutableBytes {
                    $0.storeBytes(of: count, toByteOffset: 4, as: UInt64.self)
                    if hasTime { $0.storeBytes(of: monotonicTime(), toByteOffset: 12, as: UInt64.self) }
                }
                // EBADF: the ring buffer refuses events, while its sub-buffers are exchanged for instance.
                guard (try? marker.write(record)) == record.count else { continue }
                count += 1
            }
            if rate > 0 {
                let pause = start + .seconds(Double(count) / Double(rate)) - clock.now
                if pause > .zero { usleep(UInt32(pause / .microseconds(1))) }
            }
        }
        return count
    }

    /// Moves whole pages as the simplest loop that loses none, with the agent's rule for its sleep: until the ring
    /// buffer reports, and a second at most.
    func movePages(to path: String) throws {
        let ring = try openRing()
        try movePages(from: ring, to: path, pipeSize: 64 << 10) {
            _ = poll(ring, for: .readable, timeout: .seconds(1))
        }
    }

    /// Moves whole pages as Linux's virtio-trace agent says: it waits 100 ms when there is nothing.
    ///
    /// That agent ends at the first page that is not full (EAGAIN) on today's kernels. Here that is nothing.
    func movePagesAsOriginal(to path: String) throws {
        let ring = try openRing()
        try movePages(from: ring, to: path, pipeSize: 1 << 20) { usleep(100_000) }
    }

    private func openRing() throws -> FileDescriptor {
        try FileDescriptor.open(
            "\(directory)/per_cpu/cpu\(cpu)/trace_pipe_raw", [.readOnly, .nonBlocking])
    }

    private func movePages(
        from ring: borrowing FileDescriptor, to path: String, pipeSize: Int, wait: () -> Void
    ) throws {
        let sink = try FileDescriptor.open(path, [.writeOnly, .nonBlocking])
        let pipe = try Pipe(size: pipeSize)
        let clock = ContinuousClock()
        let end = clock.now + .seconds(seconds)
        while clock.now < end {
            guard let moved = try ring.splice(to: pipe.writeEnd, length: pipe.capacity), moved > 0 else {
                wait()
                continue
            }
            var left = moved
            while left > 0 {
                // A port needs the length of the whole pipe at least.
                if let sent = try pipe.readEnd.splice(to: sink, length: pipe.capacity) {
                    left -= sent
                } else {
                    _ = poll(sink, for: .writable, timeout: .milliseconds(100))
                    if clock.now > end { return }
                }
            }
        }
    }
}

private func monotonicTime() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// Keeps the calling thread on `cpu`.
func pin(to cpu: Int) throws {
    if let code = CPUMask([cpu]).set(ofThread: callingThreadID) {
        throw SystemError(call: "sched_setaffinity", subject: "CPU \(cpu)", code: code)
    }
}
