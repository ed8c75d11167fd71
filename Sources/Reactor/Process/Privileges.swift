internal import CEpoll
import Glibc

/// The privileges of this process and how to give them up: credentials(7), capabilities(7).
package enum Privileges {
    /// The effective user: geteuid(2).
    package static var user: UInt32 { geteuid() }

    /// The effective group: getegid(2).
    package static var group: UInt32 { getegid() }

    /// Makes the process `user` permanently.
    ///
    /// It keeps no other group and no capability in any set, programs that it runs gain none, and only root
    /// can attach a debugger. Call it while the process has one thread: capabilities belong to threads.
    /// `remainingPrivilege(of:)` then checks the result.
    ///
    /// - Parameters:
    ///   - fileGroup: The calling thread, and threads that it starts, may still open files that this group may open, until
    ///     they call `readAsOwnGroup`: setfsgid(2). `nil` for the user's own group.
    ///   - fileUser: The same for a user, until they call `openAsOwnUser`: setfsuid(2).
    package static func drop(
        to user: User, openingFilesAs fileGroup: UInt32?, _ fileUser: UInt32? = nil
    ) throws(SystemError) {
        try dropBoundingSet()
        _ = try systemCall("setgroups") { cepoll_set_groups(0, nil) }
        _ = try systemCall("setresgid", on: "\(user.gid)") { cepoll_set_group(user.gid) }
        if let fileGroup { _ = cepoll_set_file_group(fileGroup) }
        if fileUser != nil { _ = try systemCall("prctl(PR_SET_KEEPCAPS)") { cepoll_keep_capabilities(1) } }
        _ = try systemCall("setresuid", on: "\(user.uid)") { cepoll_set_user(user.uid) }
        if let fileUser {
            // A change of the user sets this one too; it can be set back with CAP_SETUID only.
            try raise(CAP_SETUID)
            _ = cepoll_set_file_user(fileUser)
            _ = try systemCall("prctl(PR_SET_KEEPCAPS)") { cepoll_keep_capabilities(0) }
        }
        try renounce()
    }

    /// Lets a capability that the process may have take effect.
    private static func raise(_ capability: CInt) throws(SystemError) {
        let held = cap_get_proc()
        defer { cap_free(UnsafeMutableRawPointer(held)) }
        var value = cap_value_t(capability)
        _ = try systemCall("cap_set_flag") { cap_set_flag(held, CAP_EFFECTIVE, 1, &value, CAP_SET) }
        _ = try systemCall("cap_set_proc") { cap_set_proc(held) }
    }

    /// Ends the calling thread's right to open files as another user than its own: setfsuid(2).
    package static func openAsOwnUser() throws(SystemError) {
        _ = cepoll_set_file_user(geteuid())
        // As for the group.
        _ = try systemCall("prctl(PR_SET_DUMPABLE)") { cepoll_set_not_dumpable() }
    }

    /// Ends the calling thread's right to open files as another group than its own: setfsgid(2).
    package static func readAsOwnGroup() throws(SystemError) {
        _ = cepoll_set_file_group(getegid())
        // A change of this group resets the dumpable attribute to the value of `fs.suid_dumpable`: proc(5).
        _ = try systemCall("prctl(PR_SET_DUMPABLE)") { cepoll_set_not_dumpable() }
    }

    /// Runs `body` with the right to open no files but those that `group` or everybody may open: setfsuid(2), setfsgid(2).
    ///
    /// A process that is not root opens them with its own rights.
    package static func openingFiles<Failure: Error>(
        as group: UInt32, _ body: () throws(Failure) -> Void
    ) throws(Failure) {
        let (user, ownGroup) = (geteuid(), getegid())
        _ = cepoll_set_file_group(group)
        // With it go the capabilities that override a file's mode: capabilities(7).
        _ = cepoll_set_file_user(User.nobody.uid)
        defer {
            _ = cepoll_set_file_user(user)
            _ = cepoll_set_file_group(ownGroup)
        }
        try body()
    }

    /// Restricts the calling thread to reading files, using open descriptors, and waiting: seccomp(2).
    ///
    /// Other calls fail with `EPERM`. Landlock alone does not forbid sockets and truncate(2).
    package static func readOnly() throws(SystemError) {
        _ = try systemCall("prctl(PR_SET_SECCOMP)") { cepoll_allow_reading_only() }
    }

    /// The same, but for opening existing files for writing, which Landlock has to limit.
    package static func existingFilesOnly() throws(SystemError) {
        _ = try systemCall("prctl(PR_SET_SECCOMP)") { cepoll_allow_existing_files_only() }
    }

    /// Forbids the calling thread, and threads that it starts, to gain privileges by running a program: `no_new_privs`,
    /// prctl(2).
    package static func gainNoMore() throws(SystemError) {
        _ = try systemCall("prctl(PR_SET_NO_NEW_PRIVS)") { cepoll_set_no_new_privileges() }
    }

    /// Gives up the privileges that a process can have without being root; its user and groups stay.
    ///
    /// It drops every capability, sets `no_new_privs`, and makes the process not dumpable.
    package static func renounce() throws(SystemError) {
        _ = try systemCall("cap_reset_ambient") { cap_reset_ambient() }
        let none = cap_init()
        defer { cap_free(UnsafeMutableRawPointer(none)) }
        _ = try systemCall("cap_set_proc") { cap_set_proc(none) }
        try gainNoMore()
        _ = try systemCall("prctl(PR_SET_DUMPABLE)") { cepoll_set_not_dumpable() }
    }

    /// Empties the capability bounding set, if this process has `CAP_SETPCAP` to do so.
    private static func dropBoundingSet() throws(SystemError) {
        guard cap_get_bound(cap_value_t(CAP_SETPCAP)) == 1 else { return }
        for capability in allCapabilities {
            _ = try systemCall("cap_drop_bound", on: "\(capability)") { cap_drop_bound(capability) }
        }
    }

    /// The capabilities that the running kernel supports.
    private static var allCapabilities: [cap_value_t] {
        (0..<64).prefix { cap_get_bound($0) != -1 }
    }

    /// Checks that every privilege is dropped, and tries to regain root.
    ///
    /// - Parameter user: The user that the process should be; `nil` checks no user and no group, only that
    ///   the process cannot become root.
    /// - Returns: The privilege that remains, as text; `nil` if there is none.
    package static func remainingPrivilege(of user: User?) throws(SystemError) -> String? {
        // Of the calling thread, which the others were started by: setuid(3) waits until each has tried it.
        if cepoll_set_thread_user(0) == 0 { return "the process can become root again" }
        if let user {
            if try ids(cepoll_get_users) != Array(repeating: user.uid, count: 3) {
                return "the user is not \(user)"
            }
            if try ids(cepoll_get_groups) != Array(repeating: user.gid, count: 3) {
                return "the group is not \(user)'s"
            }
            // An invalid group changes nothing, and the call returns the current group.
            if cepoll_set_file_group(.max) != user.gid { return "files are opened as another group" }
            if cepoll_set_file_user(.max) != user.uid { return "files are opened as another user" }
            if user.gid != 0, cepoll_set_thread_group(0) == 0 {
                return "the process can join root's group again"
            }
            if getgroups(0, nil) != 0 { return "supplementary groups remain" }
        }
        if try holdsCapabilities() { return "capabilities remain" }
        if allCapabilities.contains(where: { cap_get_ambient($0) == 1 }) {
            return "ambient capabilities remain"
        }
        if cepoll_get_no_new_privileges() != 1 { return "no_new_privs is not set" }
        if cepoll_get_dumpable() != 0 { return "the process is dumpable" }
        return nil
    }

    private static func holdsCapabilities() throws(SystemError) -> Bool {
        guard let held = cap_get_proc() else {
            throw SystemError(call: "cap_get_proc", subject: "", code: .current)
        }
        defer { cap_free(UnsafeMutableRawPointer(held)) }
        let none = cap_init()
        defer { cap_free(UnsafeMutableRawPointer(none)) }
        return cap_compare(held, none) != 0
    }

    private static func ids(
        _ call: (UnsafeMutablePointer<UInt32>) -> CInt
    ) throws(SystemError) -> [UInt32] {
        var values: [UInt32] = [0, 0, 0]
        _ = try systemCall("getresuid") { call(&values) }
        return values
    }
}
