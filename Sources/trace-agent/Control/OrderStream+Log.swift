import Logging

extension OrderStream {
    /// Who is on the other side, for the journal.
    var logFields: Logger.Metadata {
        guard let client else { return ["peer": "host"] }
        return [
            "peer": "client", "peer_pid": "\(client.pid)", "peer_uid": "\(client.uid)",
            "peer_gid": "\(client.gid)",
        ]
    }
}
