/// What streaming needs of the options.
struct StreamingOptions: Sendable {
    let mode: OutputMode
    /// The trace instance; empty for the top-level ring buffers.
    let instance: String
    /// Where the ports are, for messages.
    let portsFolder: String
    /// Longest time that an event waits in a ring buffer; 0: until the stop.
    let flushInterval: Duration
    /// Longest time that a stop goes on without progress.
    let stopTimeout: Duration
    /// Longest time that the exit takes.
    let exitTimeout: Duration
    /// Whether an earlier process had read what it did not send: it is lost where the pipe was not kept.
    var losesPipes = false
}
