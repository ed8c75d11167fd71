/// What `per_cpu/cpuN/stats` says of one ring buffer, in events.
struct RingStats: Equatable, Sendable {
    /// In the ring, not read yet.
    var unread = 0
    /// Overwritten or refused because the ring was full: `overrun`, `commit overrun` and `dropped events`.
    var lost = 0

    /// Reads the file's text; lines that it does not know are skipped.
    init(parsing text: String) {
        for line in text.split(separator: "\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, let value = Int(parts[1].drop(while: { $0 == " " })) else { continue }
            switch parts[0] {
            case "entries": unread = value
            case "overrun", "commit overrun", "dropped events": lost += value
            default: break
            }
        }
    }
}

/// How many events one CPU lost, added up from differences of the kernel's own count.
struct LossCount: Equatable, Sendable {
    /// Lost while the agent was streaming or flushing.
    private(set) var whileStreaming = 0
    /// Overwritten while the agent was stopped: the flight recorder's oldest.
    private(set) var whileStopped = 0
    private var last: Int

    /// Starts counting at `stats`.
    init(from stats: RingStats) { last = stats.lost }

    /// Adds what has been lost since the last call.
    ///
    /// A count that fell was reset by somebody who cleared the ring.
    mutating func add(_ stats: RingStats, streaming: Bool) {
        let difference = stats.lost >= last ? stats.lost - last : stats.lost
        last = stats.lost
        if streaming { whileStreaming += difference } else { whileStopped += difference }
    }
}
