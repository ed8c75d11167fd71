internal import CEpoll
import Glibc

/// A child of this process: posix_spawnp(3).
struct SpawnedProcess: ~Copyable {
    let pid: pid_t
    /// Readable once it has ended: pidfd_open(2).
    let end: FileDescriptor

    /// Starts a program, which finds no signal blocked or ignored.
    ///
    /// - Parameters:
    ///   - words: The program, which is searched in `$PATH`, and its arguments.
    ///   - passed: Which of its descriptors these become; of the others only 0 to 2 are passed on.
    ///   - isApart: Whether it is in a process group of its own: setpgid(2).
    /// - Throws: `ENOENT` if there is no such program; `ENOSYS` before Linux 5.3.
    init(
        _ words: [String], passing passed: [(descriptor: CInt, number: CInt)], isApart: Bool = false
    ) throws(SystemError) {
        // Where that is ignored, which is inherited, the kernel keeps no exit codes: wait(2).
        signal(SIGCHLD, SIG_DFL)
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
        do throws(SystemError) {
            end = FileDescriptor(owning: try systemCall("pidfd_open") { cepoll_open_process(pid) })
        } catch {
            Self.kill(pid)
            throw error
        }
        self.pid = pid
    }

    /// Kills it, and forgets its exit code.
    func kill() { Self.kill(pid) }

    private static func kill(_ pid: pid_t) {
        Glibc.kill(pid, SIGKILL)
        waitpid(pid, nil, 0)
    }
}
