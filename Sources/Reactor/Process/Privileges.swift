internal import CEpoll
import Glibc

/// What this process may do beyond any other: credentials(7), capabilities(7).
package enum Privileges {
    /// The effective user: geteuid(2).
    package static var user: UInt32 { geteuid() }

    /// The effective group: getegid(2).
    package static var group: UInt32 { getegid() }

    /// Becomes `user` for good: no other group, no capability in any set, none to be gained by any program that is
    /// run, and no debugger but root's.
    ///
    /// To be called while there is one thread: capabilities belong to threads. `remainingPrivilege(of:)` proves it.
    ///
    /// - Parameter readsAsRootsGroup: Whether the calling thread, and those that it starts, may still open what root's
    ///   group may, until it calls `readAsOwnGroup`: setfsgid(2).
    package static func drop(to user: User, readsAsRootsGroup: Bool) throws(SystemError) {
        try dropBoundingSet()
        _ = try systemCall("setgroups") { cepoll_set_groups(0, nil) }
        _ = try systemCall("setresgid", on: "\(user.gid)") { cepoll_set_group(user.gid) }
        if readsAsRootsGroup { _ = cepoll_set_file_group(0) }
        _ = try systemCall("setresuid", on: "\(user.uid)") { cepoll_set_user(user.uid) }
        try renounce()
    }

    /// Lets the calling thread open what its own group may, and no more.
    package static func readAsOwnGroup() throws(SystemError) {
        _ = cepoll_set_file_group(getegid())
        // With such a change the kernel makes a process what `fs.suid_dumpable` says: proc(5).
        _ = try systemCall("prctl(PR_SET_DUMPABLE)") { cepoll_set_not_dumpable() }
    }

    /// Lets the calling thread open nothing from now on but files below `directory`, for reading: landlock(7).
    ///
    /// - Throws: `ENOSYS` or `EOPNOTSUPP` where the kernel has no Landlock.
    package static func openOnlyBelow(_ directory: borrowing FileDescriptor) throws(SystemError) {
        let rules = FileDescriptor(
            owning: try systemCall("landlock_create_ruleset") { cepoll_landlock_create() })
        _ = try systemCall("landlock_add_rule") {
            cepoll_landlock_allow_reading(rules.rawValue, directory.rawValue)
        }
        _ = try systemCall("landlock_restrict_self") { cepoll_landlock_restrict(rules.rawValue) }
    }

    /// Lets the calling thread do nothing from now on but read files, write to what is open, and wait: seccomp(2).
    ///
    /// Other calls fail with `EPERM`: Landlock alone does not keep a thread from sockets and from truncate(2).
    package static func readOnly() throws(SystemError) {
        _ = try systemCall("prctl(PR_SET_SECCOMP)") { cepoll_allow_reading_only() }
    }

    /// Gives up what a process can have without being root: it stays the user that it is.
    package static func renounce() throws(SystemError) {
        _ = try systemCall("cap_reset_ambient") { cap_reset_ambient() }
        let none = cap_init()
        defer { cap_free(UnsafeMutableRawPointer(none)) }
        _ = try systemCall("cap_set_proc") { cap_set_proc(none) }
        _ = try systemCall("prctl(PR_SET_NO_NEW_PRIVS)") { cepoll_set_no_new_privileges() }
        _ = try systemCall("prctl(PR_SET_DUMPABLE)") { cepoll_set_not_dumpable() }
    }

    /// Empties the set that limits what could be gained, where this process may: it takes `CAP_SETPCAP`.
    private static func dropBoundingSet() throws(SystemError) {
        guard cap_get_bound(cap_value_t(CAP_SETPCAP)) == 1 else { return }
        for capability in allCapabilities {
            _ = try systemCall("cap_drop_bound", on: "\(capability)") { cap_drop_bound(capability) }
        }
    }

    /// The capabilities that the running kernel knows.
    private static var allCapabilities: [cap_value_t] {
        (0..<64).prefix { cap_get_bound($0) != -1 }
    }

    /// Tries to get back what was dropped, and looks for what was not.
    ///
    /// - Parameter user: Who the process should be; `nil` leaves the user and the groups as they are, but for root.
    /// - Returns: What is wrong, `nil` if nothing is.
    package static func remainingPrivilege(of user: User?) throws(SystemError) -> String? {
        if setuid(0) == 0 || cepoll_set_user(0) == 0 { return "the process can become root again" }
        if let user {
            if try ids(cepoll_get_users) != Array(repeating: user.uid, count: 3) {
                return "the user is not \(user)"
            }
            if try ids(cepoll_get_groups) != Array(repeating: user.gid, count: 3) {
                return "the group is not \(user)'s"
            }
            // What cannot be set tells what there is.
            if cepoll_set_file_group(.max) != user.gid { return "files are opened as another group" }
            if user.gid != 0, setgid(0) == 0 { return "the process can join root's group again" }
            if getgroups(0, nil) != 0 { return "supplementary groups are left" }
        }
        if try holdsCapabilities() { return "capabilities are left" }
        if allCapabilities.contains(where: { cap_get_ambient($0) == 1 }) {
            return "ambient capabilities are left"
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
