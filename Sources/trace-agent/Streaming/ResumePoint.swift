import ControlProtocol

/// What a later process of the service has to know to go on with streaming, and what shows that it has changed.
struct ResumePoint: Equatable {
    /// Whether pages are to move, as was ordered last; a start that waits for the ring buffers counts.
    let isStreaming: Bool
    /// How often streaming has begun.
    let starts: Int
    let channels: Int
    /// Whether pages may be on their way, in a pipe.
    let mayHoldPages: Bool
    /// `nil` while `buffer_percent` is not ours.
    let percent: SavedPercent?
    /// What the agent's own trace instance records; `nil` if it has none.
    let setup: TraceSetup?
    /// Whether the tracing in it is on; `nil` if it has none.
    let isTracingOn: Bool?

    init(_ phase: Phase, _ rings: RingHold, _ channels: TracedChannels, _ percent: SavedPercent?) {
        isStreaming = rings.isMeantToStream(in: phase)
        starts = channels.starts
        self.channels = channels.count
        mayHoldPages = phase != .stopped || !channels.areDelivered
        self.percent = percent
        (setup, isTracingOn) = (rings.setup, rings.isTracingOn)
    }
}
