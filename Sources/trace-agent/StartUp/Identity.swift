import Logging
import Reactor

/// Who the agent is once everything is open, and who may order it about.
enum Identity {
    /// The user and the group that `make install` makes.
    static let name = "virtio-trace"

    /// Whom to become; `nil` to stay.
    ///
    /// - Throws: 78 if there is no such user, or it is root; 77 if only root could become it.
    static func toBecome(_ options: Options, _ log: Logger) throws(Failure) -> User? {
        let isRoot = Privileges.user == 0
        if options.user == nil, !isRoot || options.foreground { return nil }
        let wanted = options.user ?? name
        guard let user = try explained({ () throws(SystemError) in try User.named(wanted) }) else {
            if options.user != nil { throw Failure(.configuration, "--user: there is no user \(wanted)") }
            log.notice(
                "no user \(name), so \(User.nobody.name) it is: a port that goes cannot be opened again")
            return .nobody
        }
        if user.uid == 0 || user.gid == 0 {
            throw Failure(.configuration, "the agent does not run on as root: --user \(wanted)")
        }
        if isRoot { return user }
        if user.uid == Privileges.user { return nil }
        throw Failure(.noPermission, "only root can become \(wanted)")
    }

    /// Gives up every privilege and proves that it has gone.
    ///
    /// - Parameter startReader: Starts the one thread that goes on opening what root's group may read, as formats of
    ///   events are; whether the thread has to confine itself to these, and what keeps it from that.
    /// - Throws: 77 if anything is left.
    static func become(
        _ user: User?, _ log: Logger, startReader: (_ isConfined: Bool) throws(SystemError) -> String?
    ) throws(Failure) {
        if user == nil, Privileges.user == 0 {
            log.notice("running as root with all privileges: --user \(name) would drop them")
            _ = try explained { () throws(SystemError) in try startReader(false) }
            return
        }
        let left: String?
        do throws(SystemError) {
            if let user {
                try Privileges.drop(to: user, readsAsRootsGroup: true)
                let trouble = try startReader(true)
                try Privileges.readAsOwnGroup()
                if let trouble {
                    log.warning(
                        "\(trouble) here: the thread that makes headers is less confined than it should be")
                }
            } else {
                try Privileges.renounce()
                _ = try startReader(false)
            }
            left = try Privileges.remainingPrivilege(of: user)
        } catch {
            throw Failure(.noPermission, "privileges are not dropped: \(error)")
        }
        if let left { throw Failure(.noPermission, "privileges are not dropped: \(left)") }
        log.info("running as \(user?.description ?? "user \(Privileges.user)"), without privileges")
    }

    /// Makes the agent's own socket, for root and the group `virtio-trace`.
    static func makeSocket(at path: String) throws(Failure) -> LocalSocket {
        if RingReaders.somebodyListens(at: path) {
            throw Failure(.unavailable, "another agent listens at \(path)")
        }
        do throws(SystemError) {
            let group = try User.named(name)?.gid ?? Privileges.group
            return try LocalSocket(at: path, for: User(name: name, uid: Privileges.user, gid: group))
        } catch {
            throw Failure(.operatingSystem, "cannot listen at \(path): \(error.code)")
        }
    }
}
