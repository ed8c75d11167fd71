import Glibc

/// A program that runs beside this process, with its standard input, output and error: posix_spawnp(3).
package final class ChildProcess: Sendable {
    package let pid: CInt
    /// Readable once the program has ended: pidfd_open(2).
    package let descriptor: FileDescriptor

    /// Starts a program, which finds no signal blocked or ignored.
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
        let child = try SpawnedProcess(words, passing: passed, isApart: isApart)
        pid = child.pid
        descriptor = child.end
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
