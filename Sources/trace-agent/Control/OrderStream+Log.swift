import CommandSupport
import ControlProtocol
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

extension LimitedLog {
    /// Logs an order of a client that changes what the agent does; those of the host show by their effect.
    mutating func logOrder(_ word: OrderWord, from stream: OrderStream) {
        guard let client = stream.client, [.onceStarted, .onceStopped].contains(word.answerTime) else {
            return
        }
        log(
            "\(word.rawValue) ordered by process \(client.pid) of user \(client.uid)", level: .info,
            stream.logFields)
    }

    mutating func logRefusal(of line: [UInt8], from stream: OrderStream) {
        log("order refused: \"\(line.escapedASCII)\"", stream.logFields)
    }
}
