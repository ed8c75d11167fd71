import ControlProtocol

/// What orders of set-up may ask for.
struct SetupLimits: Sendable {
    /// The events that may be recorded; `nil`: all, and with any tracer.
    var events: [EventChoice]?
    /// The largest ring buffer of a CPU.
    var kibibytes = TraceSetup.mostKibibytes
}
