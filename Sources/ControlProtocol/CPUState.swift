/// What a CPU's channel is doing; a newer agent may report states that this version does not know.
package struct CPUState: RawRepresentable, Hashable, Codable, CaseIterable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Nothing: the agent is stopped, or this CPU is flushed.
    package static let idle = CPUState(rawValue: "idle")
    /// Waiting for the ring buffer to fill.
    package static let waitingForData = CPUState(rawValue: "waiting for data")
    /// The worker moves pages.
    package static let draining = CPUState(rawValue: "draining")
    /// Pages wait in the pipe because the port accepts nothing.
    package static let waitingForPort = CPUState(rawValue: "waiting for port")
    /// The CPU was never online, or poll(2) reports its ring buffer as readable when it is not.
    package static let ringGone = CPUState(rawValue: "ring gone")
    /// The port was unplugged, or its connection broke.
    package static let portGone = CPUState(rawValue: "port gone")
    /// poll(2) is of no use for the ring buffer: a timer tries it.
    package static let polling = CPUState(rawValue: "polling")
    /// The CPU was never online.
    package static let offline = CPUState(rawValue: "offline")

    package static let allCases = [
        idle, waitingForData, draining, waitingForPort, ringGone, portGone, polling, offline,
    ]
}
