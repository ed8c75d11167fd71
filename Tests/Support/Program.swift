import Glibc
import Reactor

/// A program that a test has started; it is killed if the test forgets it.
package final class Program {
    package let pid: pid_t
    private let end: FileDescriptor
    private let errorPath: String
    private var status: CInt?

    /// Where a program's standard output goes.
    package enum Output { case null, truncate(String), append(String), descriptor(CInt) }

    /// - Parameter unblocksSignals: For a program that cannot do that itself, as a shell: the threads of the tests block them.
    package init(
        _ path: String, _ arguments: [String], output: Output = .null, unblocksSignals: Bool = false
    ) throws {
        var ends: [CInt] = [-1, -1]
        precondition(pipe(&ends) == 0)
        _ = fcntl(ends[0], F_SETFD, FD_CLOEXEC)
        _ = fcntl(ends[1], F_SETFD, FD_CLOEXEC)
        errorPath = temporaryPath()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        switch output {
        case .null: posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        case .truncate(let path):
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        case .append(let path):
            posix_spawn_file_actions_addopen(&actions, 1, path, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        case .descriptor(let number): posix_spawn_file_actions_adddup2(&actions, number, 1)
        }
        posix_spawn_file_actions_addopen(&actions, 2, errorPath, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        // The other end of this pipe closes when the program ends, which can be waited for with a limit.
        posix_spawn_file_actions_adddup2(&actions, ends[1], 3)
        var argv: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) }
        defer { for argument in argv { free(argument) } }
        argv.append(nil)
        var pid: pid_t = 0
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // Its initial set of blocked signals is empty.
        if unblocksSignals { posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK)) }
        let result = posix_spawnp(&pid, path, &actions, &attributes, argv, environ)
        close(ends[1])
        let end = FileDescriptor(owning: ends[0])
        // Before the object is whole: its end would kill process 0, which is everything that the test belongs to.
        guard result == 0 else { throw TestFailure("cannot start \(path): \(result)") }
        self.pid = pid
        self.end = end
    }

    deinit {
        kill()
        // What a sanitizer says of the program is an error of the test, whatever else it looked at.
        precondition(!errorText.contains("Sanitizer: "), errorText)
        unlink(errorPath)
    }

    /// Ends it without asking.
    package func kill() {
        guard status == nil else { return }
        signal(SIGKILL)
        _ = wait()
    }

    /// What it has written to standard error so far.
    package var errorText: String { (try? String(decoding: readFile(errorPath), as: UTF8.self)) ?? "" }

    /// Sends a signal, unless the program could not be started: process 0 would be the whole group.
    package func signal(_ number: CInt) { if pid > 0 { Glibc.kill(pid, number) } }

    /// Waits for its end: its exit code, or 128 and the signal that ended it; `nil` if it did not end in time.
    package func wait(_ timeout: Duration = patience) -> CInt? {
        if let status { return status }
        guard poll(end, or: end, timeout: timeout) != .neither else { return nil }
        var raw: CInt = 0
        waitpid(pid, &raw, 0)
        status = raw & 0x7f == 0 ? raw >> 8 & 0xff : 128 + raw & 0x7f
        return status
    }

    /// How often its threads have gone to sleep of their own accord: each time is one wake-up.
    package var wakeUps: Int {
        threads.reduce(0) { sum, thread in sum + (statusField("voluntary_ctxt_switches:", of: thread) ?? 0) }
    }

    /// The same of its first thread, the agent's reactor thread.
    package var reactorWakeUps: Int { statusField("voluntary_ctxt_switches:", of: "\(pid)") ?? 0 }

    /// CPU time of all its threads.
    package var cpuTime: Duration {
        threads.reduce(.zero) { sum, thread in
            let text = (try? readFile("/proc/\(pid)/task/\(thread)/schedstat")) ?? []
            let nanoseconds =
                Int(String(decoding: text, as: UTF8.self).split(separator: " ").first ?? "0") ?? 0
            return sum + .nanoseconds(nanoseconds)
        }
    }

    /// Memory that is its alone.
    package func anonymousKiB() throws -> Int { Int(try status("RssAnon").split(separator: " ")[0]) ?? 0 }

    /// One field of `/proc/PID/status`.
    package func status(_ name: String) throws -> String {
        let lines = try readText("/proc/\(pid)/status").split(separator: "\n")
        guard let line = lines.first(where: { $0.hasPrefix(name + ":") }) else {
            throw TestFailure("no \(name)")
        }
        return line.dropFirst(name.count + 1).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// The thread of this name.
    package func thread(named name: String) throws -> Int {
        for thread in threads where try readText("/proc/\(pid)/task/\(thread)/comm") == name + "\n" {
            return Int(thread) ?? 0
        }
        throw TestFailure("no thread \(name)")
    }

    private var threads: [String] { (try? namesIn("/proc/\(pid)/task")) ?? [] }

    private func statusField(_ name: String, of thread: String) -> Int? {
        let text = (try? readFile("/proc/\(pid)/task/\(thread)/status")) ?? []
        for line in String(decoding: text, as: UTF8.self).split(separator: "\n") where line.hasPrefix(name) {
            return Int(line.dropFirst(name.count).drop { $0 == " " || $0 == "\t" })
        }
        return nil
    }
}
