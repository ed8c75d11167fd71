import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// Logs who gave which order, remembers the last one, and counts the lines that were refused.
struct OrderLog {
    private(set) var refusedCount = 0
    private var last: (word: OrderWord, client: PeerCredentials?, at: ContinuousClock.Instant)?
    private var orders: LimitedLog
    /// Rate-limits messages about unknown orders.
    private var refusals: LimitedLog

    init(_ log: Logger) {
        orders = LimitedLog(log)
        refusals = LimitedLog(log)
    }

    /// The last order that changes whether pages move; `nil` if there was none.
    var lastOrder: LastOrder? {
        last.map { word, client, time in
            LastOrder(
                word, from: client == nil ? .host : .client, pid: client.map { Int($0.pid) },
                uid: client.map { Int($0.uid) }, age: time.secondsAgo)
        }
    }

    /// Remembers an order that changes whether pages move, and logs who gave it, or one that changes what is recorded.
    mutating func note(_ word: OrderWord, from stream: OrderStream) {
        if word.changesState { last = (word, stream.client, .now) }
        guard word.changesState || word.changesInstance else { return }
        let sender = stream.client.map { "process \($0.pid) of user \($0.uid)" } ?? "the host"
        orders.log("\(word.rawValue) ordered by \(sender)", level: .info, stream.logFields)
    }

    /// Refuses a line that is no order.
    mutating func refuse(_ line: [UInt8], from stream: OrderStream, isUnfinished: Bool = false) {
        refusedCount += 1
        refusals.log(
            "\(isUnfinished ? "unfinished " : "")order refused: \"\(line.escapedASCII)\"", stream.logFields)
    }

    /// Refuses the lines of a client that has left; only the first one is logged, because all come at once.
    mutating func refuse(_ lines: [[UInt8]], ofLeaving stream: OrderStream) {
        guard let first = lines.first else { return }
        refuse(first, from: stream)
        refusedCount += lines.count - 1
    }
}
