/// What a report has besides the pages: the agent, its host, and the kernel.
package struct AgentFacts: Codable, Equatable, Sendable {
    /// The kernel's name of this boot, random(4); `nil`: an agent before schema 2.
    package var bootID: String?
    /// Seconds since the agent started; `nil`: an agent before schema 2.
    package var running: Int?
    /// How often the service manager has started the agent again; `nil` if that is unknown.
    package var restarts: Int?
    /// `tracing_on`; `nil` if it cannot be read.
    package var isTracingOn: Bool?
    /// The clock of the timestamps: `trace_clock`; `nil` if it is unknown.
    package var clock: String?
    /// Whether the ring buffers are released, so that others can change the tracer; `nil`: an agent that cannot do that.
    package var areRingsReleased: Bool?
    /// What the agent's own trace instance records; `nil` if it has none: it takes no orders of set-up.
    package var setup: TraceSetup?
    /// Whether a host is connected to the control port; `nil` if there is none.
    package var isHostConnected: Bool?
    /// `nil` if there was none.
    package var lastOrder: LastOrder?
    /// `nil` if there was none.
    package var lastError: LastError?

    package init() {}

    package enum CodingKeys: String, CodingKey, CaseIterable {
        case running, restarts, clock, setup
        case bootID = "boot_id"
        case isTracingOn = "tracing_on"
        case areRingsReleased = "rings_released"
        case isHostConnected = "host_connected"
        case lastOrder = "last_order"
        case lastError = "last_error"
    }
}
