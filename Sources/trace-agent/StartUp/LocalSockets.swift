import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// The sockets on which local clients connect.
enum LocalSockets {
    /// The agent's own socket, where systemd has passed none.
    ///
    /// The socket at the default path is optional: if it cannot be made, the agent runs without it.
    static func make(_ options: Options, _ log: Logger) throws(Failure) -> [LocalSocket] {
        if options.foreground, options.socket == nil { return [] }
        let path = options.socket ?? WellKnown.socketPath
        do throws(Failure) {
            return [try make(at: path)]
        } catch {
            if options.socket != nil { throw error }
            log.warning("no local orders: \(error)")
            return []
        }
    }

    /// Makes a socket for root and the group `virtio-trace`.
    private static func make(at path: String) throws(Failure) -> LocalSocket {
        if FileHolders.hasListener(at: path) {
            throw Failure(.unavailable, "another agent listens at \(path)")
        }
        let group = try wrappingSystemError { () throws(SystemError) in
            try User.named(WellKnown.user)?.gid ?? Privileges.group
        }
        do throws(TrustedFolder.Problem) {
            return try LocalSocket(
                at: path, for: User(name: WellKnown.user, uid: Privileges.user, gid: group))
        } catch {
            switch error {
            case .untrusted(let folder):
                throw Failure(
                    .configuration,
                    "cannot listen at \(path): other users can replace names in \(folder): choose a folder that only root can write to"
                )
            case .failed(let error):
                throw Failure(.operatingSystem, "cannot listen at \(path): \(error.code)")
            }
        }
    }
}
