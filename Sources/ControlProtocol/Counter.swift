/// What an agent counts for each CPU, by the key that it has in an answer.
package enum Counter: String, CaseIterable, CodingKey, Sendable {
    /// Sub-buffers taken from the ring buffer.
    case pages
    /// Bytes that the port has accepted.
    case bytes
    /// Events that the kernel lost while the agent was streaming: `overrun`, `commit overrun` and `dropped events` of
    /// `per_cpu/cpuN/stats`.
    case lost
    /// Events that the kernel overwrote while the agent was stopped: the same counters.
    case overwritten
    /// Events in the ring buffer: `entries` of `per_cpu/cpuN/stats`.
    case unread
    /// Bytes taken from the ring buffer that are still in the pipe.
    case pending
    /// Bytes that a port or a broken connection threw away.
    case gone
    /// How often a splice(2) to the port returned 0.
    case zeroSplices = "zero_splices"
    /// How often the port accepted nothing more.
    case blocked
    /// How often the ring buffer was cleared, or exchanged for its snapshot, while pages moved, as far as that is noticed.
    case swaps
    /// Bytes that were on their way to the host when the port was unplugged, or its host left: at most so many of those
    /// that the port has accepted did not arrive.
    case unconfirmed
}
