internal import CEpoll
import Glibc

/// Starts a program with these files as its standard input, output and error, as a shell would: posix_spawnp(3).
///
/// - Parameter words: The program, which is searched in `$PATH`, and its arguments.
/// - Returns: Its process, for waitpid(2).
/// - Throws: `ENOENT` if there is no such program.
func spawn(
    _ words: [String], input: borrowing FileDescriptor, output: borrowing FileDescriptor,
    error: borrowing FileDescriptor
) throws(SystemError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, input.rawValue, 0)
    posix_spawn_file_actions_adddup2(&actions, output.rawValue, 1)
    posix_spawn_file_actions_adddup2(&actions, error.rawValue, 2)
    let arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var pid: pid_t = 0
    try threadCall("posix_spawnp", posix_spawnp(&pid, words[0], &actions, nil, arguments, environ))
    return pid
}
