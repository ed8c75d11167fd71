import Reactor

/// What the kernel counts for one ring buffer, added up over its whole life: `per_cpu/cpuN/stats`.
struct RingAccount {
    private var losses: LossCount
    /// Events in the ring buffer when its counters were last read.
    private(set) var unread = 0
    private var snapshots = 0
    /// Bytes that had been taken at that time.
    private var bytesTaken = 0
    /// The counters when streaming began; `nil` if it did not, or they could not be read.
    private(set) var start: RingStats?

    /// Begins at what the counters are now.
    init(of ring: Ring) {
        losses = LossCount()
        // If they cannot be read, the count begins with the first `update` that can.
        if let stats = try? ring.stats() { losses.begin(at: stats) }
    }

    var lostWhileStreaming: Int { losses.whileStreaming }
    var overwrittenWhileStopped: Int { losses.whileStopped }
    /// How often the ring buffer was cleared, or exchanged for its snapshot, as far as that is noticed.
    var swaps: Int { max(losses.swaps, snapshots) }

    /// Streaming begins; the counters were just read.
    mutating func begin() { start = losses.last }

    /// Goes on with the count of an earlier process, which began at `start`.
    mutating func resume(from start: RingStats) {
        losses = LossCount()
        losses.begin(at: start)
        self.start = start
    }

    /// A snapshot was taken, as somebody's write to `snapshot` shows; the counters alone do not always.
    mutating func noteSnapshot() { snapshots += 1 }

    /// Reads the counters, and adds up what was lost since the last time.
    ///
    /// - Parameter bytesTaken: Bytes taken from the ring buffer until now.
    /// - Returns: Why the counters cannot be read; they then stay as they were.
    mutating func update(from ring: Ring, bytesTaken: Int, streaming: Bool) -> Errno? {
        do throws(SystemError) {
            let stats = try ring.stats()
            losses.add(stats, bytesTaken: bytesTaken - self.bytesTaken, streaming: streaming)
            unread = stats.unread
            self.bytesTaken = bytesTaken
            return nil
        } catch {
            return error.code
        }
    }
}
