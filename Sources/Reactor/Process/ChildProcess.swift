internal import CEpoll
import Glibc

/// A program that runs beside this process, with its standard input, output and error: posix_spawnp(3).
package final class ChildProcess: Sendable {
    package let pid: CInt
    /// Readable once the program has ended: pidfd_open(2).
    package let descriptor: FileDescriptor

    /// Starts a program as a shell would: no signal is blocked or ignored.
    ///
    /// - Parameters:
    ///   - words: The program, which is searched in `$PATH`, and its arguments.
    ///   - input: Becomes the program's descriptor `number`; of the others only 0 to 2 are passed on.
    ///   - isApart: Whether it is in a process group of its own, so that Ctrl-C, or a signal to this process's group, is not
    ///     for it: setpgid(2).
    /// - Throws: `ENOENT` if there is no such program.
    package convenience init(
        _ words: [String], passing input: borrowing FileDescriptor, as number: CInt, isApart: Bool = false
    ) throws(SystemError) {
        try self.init(words, [(input.rawValue, number)], isApart: isApart)
    }

    /// Starts a program in a process group of its own.
    ///
    /// - Parameters:
    ///   - input: Becomes its standard input.
    ///   - output: Becomes its standard output and its standard error.
    package convenience init(
        _ words: [String], input: borrowing FileDescriptor, output: borrowing FileDescriptor
    ) throws(SystemError) {
        try self.init(
            words, [(input.rawValue, 0), (output.rawValue, 1), (output.rawValue, 2)], isApart: true)
    }

    private init(
        _ words: [String], _ passed: [(descriptor: CInt, number: CInt)], isApart: Bool
    ) throws(SystemError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        for (descriptor, number) in passed {
            posix_spawn_file_actions_adddup2(&actions, descriptor, number)
        }
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var flags = POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF
        if isApart { flags |= POSIX_SPAWN_SETPGROUP }
        posix_spawnattr_setflags(&attributes, Int16(flags))
        let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var pid: pid_t = 0
        try threadCall(
            "posix_spawnp", posix_spawnp(&pid, words[0], &actions, &attributes, arguments, environ))
        self.pid = pid
        descriptor = FileDescriptor(owning: try systemCall("pidfd_open") { cepoll_open_process(pid) })
    }

    /// Waits for the program's end, at most for `limit`.
    ///
    /// - Returns: Its exit code, or 128 and the signal that ended it, as shells give it; `nil` if it still runs.
    package func status(within limit: Duration) -> Int32? {
        guard poll(descriptor, for: .readable, timeout: limit) else { return nil }
        var end = siginfo_t()
        // WNOWAIT: the status can be asked for again.
        guard waitid(P_PID, id_t(pid), &end, WEXITED | WNOHANG | WNOWAIT) == 0 else { return nil }
        let status = end._sifields._sigchld.si_status
        return end.si_code == CInt(CLD_EXITED) ? status : 128 + status
    }

    /// Asks the program to end: `SIGTERM`, kill(2).
    package func terminate() { kill(pid, SIGTERM) }
}

/// Becomes another program, which is searched in `$PATH`: execvp(3).
///
/// - Returns: Why that is not possible.
package func becomeProgram(_ words: [String]) -> Errno {
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    execvp(words[0], arguments)
    return .current
}
