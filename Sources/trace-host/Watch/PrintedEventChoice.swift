import Glibc

/// Events by their names: a system, an event, or both as in `irq:irq_handler_entry`, with `*`, `?` and `[...]`: fnmatch(3).
struct PrintedEventChoice {
    private let patterns: [(system: String?, event: String)]

    /// - Parameter patterns: If there is none, all events are meant.
    init(_ patterns: [String]) {
        self.patterns = patterns.map { pattern in
            let parts = pattern.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : (nil, pattern)
        }
    }

    func contains(system: String, event: String) -> Bool {
        patterns.isEmpty
            || patterns.contains { pattern in
                guard let wanted = pattern.system else {
                    return pattern.event == "all" || Self.matches(pattern.event, system)
                        || Self.matches(pattern.event, event)
                }
                return Self.matches(wanted, system) && Self.matches(pattern.event, event)
            }
    }

    private static func matches(_ pattern: String, _ name: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
}
