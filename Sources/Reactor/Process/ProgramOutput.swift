internal import CEpoll
import Glibc

/// Runs a program and returns its standard output, at most 64 KiB; its standard error is dropped: posix_spawnp(3).
///
/// The program is killed once its output has ended, or `limit` is over.
///
/// - Parameter words: The program, which is searched in `$PATH`, and its arguments.
/// - Returns: `nil` if its output did not end in time.
/// - Throws: `ENOENT` if there is no such program.
package func outputOfProgram(_ words: [String], within limit: Duration) throws(SystemError) -> [UInt8]? {
    let end = ContinuousClock.now + limit
    var ends: [CInt] = [-1, -1]
    _ = try systemCall("pipe2") { cepoll_pipe2(&ends, O_CLOEXEC) }
    let output = FileDescriptor(owning: ends[0])
    let pid = try spawn(words, output: FileDescriptor(owning: ends[1]))
    defer {
        kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
    var bytes: [UInt8] = []
    while bytes.count < 64 << 10 {
        guard poll(output, or: output, timeout: max(.zero, end - .now)) != .neither else { return nil }
        let more = try output.readSome(4096)
        if more.isEmpty { break }
        bytes += more
    }
    return bytes
}

/// Starts a program that writes to `output`, which this process closes.
private func spawn(_ words: [String], output: consuming FileDescriptor) throws(SystemError) -> pid_t {
    let null = try FileDescriptor.open("/dev/null", .readWrite)
    return try spawn(words, input: null, output: output, error: null)
}
