import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// The user that the agent is once everything is open, and the proof that its privileges are gone.
enum Identity {
    /// The user to become; `nil` to stay the same.
    ///
    /// - Throws: 78 if there is no such user, or it is root; 77 if only root could become it.
    static func userToBecome(_ options: Options, _ log: Logger) throws(Failure) -> User? {
        let isRoot = Privileges.user == 0
        if options.user == nil, !isRoot || options.foreground { return nil }
        let wanted = options.user ?? WellKnown.user
        guard let user = try wrappingSystemError({ () throws(SystemError) in try User.named(wanted) }) else {
            if options.user != nil { throw Failure(.configuration, "--user: there is no user \(wanted)") }
            log.notice(
                "no user \(wanted): becoming \(User.nobody.name), which cannot open a port again that goes")
            return .nobody
        }
        if user.uid == 0 || user.gid == 0 {
            throw Failure(.configuration, "the agent does not go on as root: --user \(wanted)")
        }
        if isRoot { return user }
        if user.uid == Privileges.user { return nil }
        throw Failure(.noPermission, "only root can become \(wanted)")
    }

    /// Drops every privilege and proves that it is gone.
    ///
    /// - Parameter startWorker: Starts the one thread that still opens event formats, as root's group; `isConfined`: the
    ///   thread has to confine itself to these.
    /// - Throws: 77 if anything is left.
    static func become(
        _ user: User?, _ log: Logger, startWorker: (_ isConfined: Bool) throws(SystemError) -> HeaderWorker
    ) throws(Failure) -> HeaderWorker {
        if user == nil, Privileges.user == 0 {
            log.notice("running as root with all privileges: --user \(WellKnown.user) would drop them")
            return try wrappingSystemError { () throws(SystemError) in try startWorker(false) }
        }
        let worker: HeaderWorker
        let remaining: String?
        do throws(SystemError) {
            if let user {
                try Privileges.drop(to: user, readsAsRootsGroup: true)
                worker = try startWorker(true)
                try Privileges.readAsOwnGroup()
            } else {
                try Privileges.renounce()
                worker = try startWorker(false)
            }
            remaining = try Privileges.remainingPrivilege(of: user)
        } catch {
            throw Failure(.noPermission, "privileges are not dropped: \(error)")
        }
        if let problem = worker.confinementProblem {
            log.warning(
                "\(problem) here: the thread that builds trace headers is less confined than it should be")
        }
        if let remaining { throw Failure(.noPermission, "privileges are not dropped: \(remaining)") }
        log.info("running as \(user?.description ?? "user \(Privileges.user)"), without privileges")
        return worker
    }
}
