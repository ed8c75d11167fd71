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
    /// One thread, which makes trace headers, may still open event formats as the group that owns them, if Landlock confines it to
    /// these; otherwise headers are made here, before the drop.
    ///
    /// - Parameter withoutLandlock: Whether that thread keeps this right even if nothing confines it.
    /// - Throws: 77 if anything is left.
    static func become(
        _ user: User?, _ builder: HeaderBuilder, withoutLandlock: Bool, _ log: Logger
    ) throws(Failure) -> HeaderWorker {
        if user == nil, Privileges.user == 0 {
            log.notice("running as root with all privileges: --user \(WellKnown.user) would drop them")
            return try wrappingSystemError { () throws(SystemError) in
                try HeaderWorker(builder, confinement: nil)
            }
        }
        let worker: HeaderWorker
        var problem: String?
        do throws(SystemError) {
            if let user {
                (worker, problem) = try drop(to: user, builder, withoutLandlock: withoutLandlock, log)
            } else {
                try Privileges.renounce()
                worker = try HeaderWorker(builder, confinement: nil)
            }
            if problem == nil { problem = try Privileges.remainingPrivilege(of: user) }
        } catch {
            throw Failure(.noPermission, "privileges are not dropped: \(error)")
        }
        if let problem { throw Failure(.noPermission, "privileges are not dropped: \(problem)") }
        log.info("running as \(user?.description ?? "user \(Privileges.user)"), without privileges")
        return worker
    }

    /// - Returns: The worker, and what is wrong with its confinement.
    private static func drop(
        to user: User, _ builder: HeaderBuilder, withoutLandlock: Bool, _ log: Logger
    ) throws(SystemError) -> (HeaderWorker, problem: String?) {
        let missing = try ThreadConfinement.missing(for: builder.events)
        if missing.contains(.landlock), !withoutLandlock {
            log.warning(
                "no Landlock here: all trace headers will be those of this start, because no thread may open event formats later (--header-thread-without-landlock)"
            )
            let headers = try EarlyHeaders(builder)
            try Privileges.drop(to: user, openingFilesAs: nil)
            return (try HeaderWorker(headers, confinement: nil), nil)
        }
        if !missing.isEmpty {
            log.warning(
                "\(missing) here: the thread that builds trace headers is less confined than it should be")
        }
        let confinement = try ThreadConfinement(to: builder.events)
        // Root's, or that of tracefs's mount option `gid=`.
        let fileGroup = try builder.events?.descriptor.group()
        try Privileges.drop(to: user, openingFilesAs: fileGroup)
        let worker = try HeaderWorker(builder, confinement: confinement)
        let isAsExpected = confinement.waitForReport() == missing
        try Privileges.readAsOwnGroup()
        return (worker, isAsExpected ? nil : "the thread that builds trace headers is not confined")
    }
}
