import ControlProtocol
import Reactor

/// What the files of the agent's own trace instance hold, as far as it sets them.
struct InstanceState: Equatable, Sendable {
    /// Enabled, as `system:event`.
    var events: Set<String> = []
    /// By event.
    var filters: [String: String] = [:]
    var pids: [Int] = []
    var tracer = TraceSetup.noTracer
    var clock = TraceSetup.defaultClock
    /// Of each CPU's ring buffer.
    var kibibytes = TraceSetup.defaultKibibytes
    var isOn = true

    /// As the kernel makes an instance.
    static let new = InstanceState()
    /// Nothing is recorded, and the ring buffers are as small as the kernel makes them.
    static let cleared = InstanceState(kibibytes: 1, isOn: false)

    private init(kibibytes: Int = TraceSetup.defaultKibibytes, isOn: Bool = true) {
        self.kibibytes = kibibytes
        self.isOn = isOn
    }

    /// What a set-up asks for, if the kernel offers it and `limits` allow it.
    init(
        _ setup: TraceSetup, _ files: SetupFiles, _ limits: SetupLimits
    ) throws(TraceSetter.Refusal) {
        pids = setup.pids
        kibibytes = setup.kibibytes ?? min(kibibytes, limits.kibibytes)
        if kibibytes > limits.kibibytes {
            throw .init(reason: "buffer_kb \(kibibytes): the agent allows \(limits.kibibytes)")
        }
        if let tracer = setup.tracer, tracer != self.tracer {
            guard limits.events == nil else {
                throw .init(
                    reason: "tracer \(tracer): a tracer records more than the events that are allowed")
            }
            self.tracer = try Self.choose(tracer, "tracer") { () throws(SystemError) in
                try files.offeredTracers
            }
        }
        if let clock = setup.clock {
            self.clock = try Self.choose(clock, "clock") { () throws(SystemError) in try files.offeredClocks }
        }
        let available = try Self.read { () throws(SystemError) in
            setup.events.isEmpty ? [] : try files.events.available
        }
        for choice in setup.events {
            let matching = available.filter(choice.matches)
            if matching.isEmpty { throw .init(reason: "event \(choice.name): no such event") }
            if let allowed = limits.events,
                let event = matching.first(where: { event in !allowed.contains { $0.matches(event) } })
            {
                throw .init(reason: "event \(event): not among those that the agent allows")
            }
            events.formUnion(matching)
            if let filter = choice.filter { for event in matching { filters[event] = filter } }
        }
    }

    private static func choose(
        _ name: String, _ kind: String, among offered: () throws(SystemError) -> [String]
    ) throws(TraceSetter.Refusal) -> String {
        let offered = try read(offered)
        if offered.contains(name) { return name }
        throw .init(reason: "\(kind) \(name): there are: \(offered.joined(separator: " "))")
    }

    private static func read(
        _ body: () throws(SystemError) -> [String]
    ) throws(TraceSetter.Refusal) -> [String] {
        do throws(SystemError) { return try body() } catch { throw .init(reason: "\(error)") }
    }

    /// The set-up that was asked for, with a value for each property.
    func completing(_ setup: TraceSetup) -> TraceSetup {
        var setup = setup
        (setup.tracer, setup.clock, setup.kibibytes) = (tracer, clock, kibibytes)
        return setup
    }
}
