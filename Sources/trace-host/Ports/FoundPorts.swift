import ControlProtocol

/// The ports that a guest has.
struct FoundPorts {
    var ports: [Port] = []
    /// Ports of the agent's names that have something else behind them, and why each cannot be used.
    var unusable: [String] = []
    /// Names of other ports that are like the agent's.
    var misspelt: [String] = []

    var control: Port? { ports.first { $0.name == WellKnown.controlPort } }

    /// The ports that pages come from, by their CPUs.
    var streams: [Int: Port] {
        var streams: [Int: Port] = [:]
        // Ours take precedence: both at once are a leftover of trace-cmd's set-up.
        for prefix in WellKnown.dataPortPrefixes.reversed() {
            for port in ports {
                if let cpu = Self.cpu(of: port.name, prefix) { streams[cpu] = port }
            }
        }
        return streams
    }

    /// The ports that are used: the one for orders, and one for each CPU.
    var used: [Port] {
        (control.map { [$0] } ?? []) + streams.sorted { $0.key < $1.key }.map(\.value)
    }

    private static func cpu(of name: String, _ prefix: String) -> Int? {
        guard name.hasPrefix(prefix) else { return nil }
        let digits = name.dropFirst(prefix.count)
        // No leading zero, no sign.
        return Int(digits).flatMap { "\($0)" == digits ? $0 : nil }
    }

    /// Whether the agent looks for a port of this name.
    static func isKnown(_ name: String) -> Bool {
        name == WellKnown.controlPort || WellKnown.dataPortPrefixes.contains { cpu(of: name, $0) != nil }
    }

    /// Whether the name is like one that the agent looks for, and is none.
    static func isMisspelt(_ name: String) -> Bool {
        let prefixes = [WellKnown.controlPort, "agent-ctl", "trace-path", "trace-pipe"]
        return !isKnown(name) && prefixes.contains { name.hasPrefix($0) }
    }
}
