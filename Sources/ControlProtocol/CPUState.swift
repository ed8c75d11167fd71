/// What a CPU's channel is doing, in one word; a newer agent may report states that this version does not know.
package struct CPUState: RawRepresentable, Hashable, Codable, CaseIterable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    /// Nothing: the agent is stopped, or this CPU is flushed.
    package static let idle = CPUState(rawValue: "idle")
    /// Waiting for the ring buffer to fill.
    package static let waiting = CPUState(rawValue: "waiting")
    /// A timer tries the ring buffer, because poll(2) is of no use for it: it reports what splice(2) does not move.
    package static let polling = CPUState(rawValue: "polling")
    /// The worker moves pages.
    package static let draining = CPUState(rawValue: "draining")
    /// Pages wait in the pipe because the port accepts nothing.
    package static let blocked = CPUState(rawValue: "blocked")
    /// The CPU was never online: it has no ring buffer.
    package static let offline = CPUState(rawValue: "offline")
    /// The ring buffer cannot be read.
    package static let unreadable = CPUState(rawValue: "unreadable")
    /// The port was unplugged, or its connection broke.
    package static let unplugged = CPUState(rawValue: "unplugged")
    /// The CPU is online, is to be traced, and has no port.
    package static let portless = CPUState(rawValue: "portless")

    package static let allCases = [
        idle, waiting, polling, draining, blocked, offline, unreadable, unplugged, portless,
    ]
}
