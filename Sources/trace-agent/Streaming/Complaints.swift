import CommandSupport
import Logging

/// What was logged about a channel, so that each trouble is logged once for as long as it lasts.
struct Complaints {
    private var trouble: String?
    private var zeroSplices = 0
    private var isStallLogged = false

    mutating func log(_ trouble: String, of channel: Channel, _ log: inout LimitedLog) {
        if self.trouble == trouble { return }
        let fields: Logger.Metadata = ["trace_cpu": "\(channel.cpu)", "port": "\(channel.sink.name)"]
        if log.log(trouble, fields) { self.trouble = trouble }
    }

    /// The channel works again, unless its port is blocked and has never accepted anything.
    mutating func forget(_ channel: Channel, isBlocked: Bool, _ log: inout LimitedLog) {
        trouble = nil
        guard isBlocked, !isStallLogged, let hint = channel.sink.stallHint, channel.counters.bytes.now == 0
        else { return }
        isStallLogged = log.log("\(channel.sink.name) has never accepted anything, and \(hint)")
    }

    /// Logs pages that a port threw away: a loss that no counter of the kernel shows.
    mutating func logZeroSplices(of channel: Channel, _ log: inout LimitedLog) {
        let count = channel.counters.zeroSplices.now
        guard count > zeroSplices else { return }
        let isLogged = log.log(
            "\(channel.sink.name) threw pages away: \(channel.counters.bytesGone.now) bytes are lost so far, its queue is too small"
        )
        if isLogged { zeroSplices = count }
    }
}
