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
    /// Two threads may still open files as the group that owns tracefs, if Landlock confines them to these: the one that
    /// makes trace headers event formats, and the one that opens released ring buffers their `trace_pipe_raw`. Otherwise
    /// headers are made here, before the drop, and ring buffers are not released.
    ///
    /// With `--setup` the second may also write what sets what is recorded.
    ///
    /// - Parameter withoutLandlock: Whether these threads keep this right even if nothing confines them.
    /// - Throws: 77 if anything is left; 78 if nothing would confine the thread of `--setup`.
    static func become(
        _ user: User?, _ builder: HeaderBuilder, _ rings: RingFolder, withoutLandlock: Bool, _ log: Logger
    ) throws(Failure) -> PrivilegedThreads {
        if user == nil, Privileges.user == 0 {
            log.notice("running as root with all privileges: --user \(WellKnown.user) would drop them")
            return try wrappingSystemError { () throws(SystemError) in
                try PrivilegedThreads(builder, rings)
            }
        }
        if user != nil, rings.setter != nil { try requireConfinement(builder) }
        let threads: PrivilegedThreads
        var problem: String?
        do throws(SystemError) {
            if let user {
                (threads, problem) = try drop(to: user, builder, rings, withoutLandlock: withoutLandlock, log)
            } else {
                try Privileges.renounce()
                threads = try PrivilegedThreads(builder, rings)
            }
            if problem == nil { problem = try Privileges.remainingPrivilege(of: user) }
        } catch {
            throw Failure(.noPermission, "privileges are not dropped: \(error)")
        }
        if let problem { throw Failure(.noPermission, "privileges are not dropped: \(problem)") }
        log.info("running as \(user?.description ?? "user \(Privileges.user)"), without privileges")
        return threads
    }

    /// Finds out whether a thread that may write files of tracefs would be confined to those of one instance.
    ///
    /// - Throws: 78 if not: without Landlock it could write whatever root may.
    private static func requireConfinement(_ builder: HeaderBuilder) throws(Failure) {
        let missing = try wrappingSystemError { () throws(SystemError) in
            try ThreadConfinement.missing(for: builder.events)
        }
        if missing.isEmpty { return }
        throw Failure(
            .configuration,
            "--setup: \(missing) here: nothing would confine the thread that carries out orders of set-up to its trace instance"
        )
    }

    /// - Returns: The threads, and what is wrong with their confinement.
    private static func drop(
        to user: User, _ builder: HeaderBuilder, _ rings: RingFolder, withoutLandlock: Bool, _ log: Logger
    ) throws(SystemError) -> (PrivilegedThreads, problem: String?) {
        let missing = try ThreadConfinement.missing(for: builder.events)
        if missing.contains(.landlock), !withoutLandlock {
            log.warning(
                "no Landlock here: all trace headers will be those of this start, because no thread may open event formats later (--header-thread-without-landlock)"
            )
            let headers = try EarlyHeaders(builder)
            try Privileges.drop(to: user, openingFilesAs: nil)
            let reason = "no Landlock confines a thread that could do it (--header-thread-without-landlock)"
            return (try PrivilegedThreads(headers, rings, reason: reason), nil)
        }
        if !missing.isEmpty {
            log.warning(
                "\(missing) here: the threads that build trace headers and open ring buffers are less confined than they should be"
            )
        }
        let ofHeaders = try ThreadConfinement(to: builder.events)
        let ofRings = try ThreadConfinement(mayWrite: rings.setter != nil, to: rings.allow)
        // Root's, or that of tracefs's mount option `gid=`.
        let fileGroup = try builder.events?.descriptor.group()
        try Privileges.drop(to: user, openingFilesAs: fileGroup, try rings.setter?.owner)
        let threads = try PrivilegedThreads(builder, rings, ofHeaders, ofRings)
        let areAsExpected = ofHeaders.waitForReport() == missing && ofRings.waitForReport() == missing
        try Privileges.readAsOwnGroup()
        return (threads, areAsExpected ? nil : "the threads that may open files of tracefs are not confined")
    }
}
