import Reactor

/// Who gets the same trace header: those who may see kernel addresses and those who may not get different ones.
enum HeaderAudience: Int, CaseIterable, Sendable {
    /// The host, on the control port.
    case host
    /// Local clients of root.
    case root
    /// All other local clients: members of the group.
    case group

    /// The audience that a stream belongs to, as long as it exists.
    ///
    /// - Parameter client: `nil` for the host.
    init(of client: PeerCredentials?) {
        self = client.map { $0.uid == 0 ? .root : .group } ?? .host
    }
}
