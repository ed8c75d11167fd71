import ControlProtocol

/// What outlives the process, so that the next one of the service goes on where this one has ended.
///
/// A property that a later version adds has to be optional: after an upgrade it reads what this one has written.
struct SavedState: Codable, Equatable, Sendable {
    /// The kernel's name of this boot: the state of an earlier boot is worth nothing.
    let bootID: String
    let instance: String
    /// How often the service manager has started the agent again.
    var restarts = 0
    /// When streaming was resumed after a crash, in seconds since the boot; the latest ones.
    var crashes: [Int] = []
    /// Whether pages were to move, as was ordered last.
    var isStreaming = false
    /// Whether pages may be on their way, in pipes; `nil`: as `isStreaming`.
    var mayHoldPages: Bool?
    /// Whether the host sends words, and not only the digits of the original protocol.
    var hostUsesWords = false
    /// `nil` while `buffer_percent` is what others want it to be.
    var percent: SavedPercent?
    /// What the agent's own trace instance records; `nil` if it has none.
    var setup: TraceSetup?
    /// Whether the tracing in that instance was on; `nil`: it was.
    var isTracingOn: Bool?
    /// The counters of the ring buffers when streaming began.
    var rings: [SavedRing] = []
    /// Whether the process has ended, or is ending, because it was told to.
    var isEndInOrder = false

    init(bootID: String, instance: String) {
        self.bootID = bootID
        self.instance = instance
    }

    /// Whether it can be from an agent.
    var isPlausible: Bool {
        (0..<1 << 32).contains(restarts) && crashes.allSatisfy { (0..<1 << 48).contains($0) }
            && rings.allSatisfy(\.isPlausible) && percent?.isPlausible ?? true
    }
}
