import Reactor
import Support

@testable import trace_agent

/// A reactor that fails a test instead of waiting for ever.
final class TestReactor {
    var reactor: AgentReactor
    private let limit: TimerFD
    /// Events that were reported and not asked for yet.
    private var waiting: [(Source, Readiness)] = []

    init() throws {
        let reactor = try AgentReactor()
        limit = try TimerFD()
        try limit.arm(after: .seconds(20))
        // No part under test uses the source.
        try reactor.watch(limit.descriptor, for: .readable, as: .durationTimer)
        self.reactor = reactor
    }

    /// Waits for an event of `source`; other events are kept for later calls.
    @discardableResult
    func event(_ source: Source) throws -> Readiness {
        while true {
            let reported = waiting.filter { $0.0 == source }
            if !reported.isEmpty {
                // A level-triggered source can have been reported more than once.
                waiting.removeAll { $0.0 == source }
                return reported.reduce([]) { $0.union($1.1) }
            }
            let events = try reactor.wait()
            if events.contains(where: { $0.0 == .durationTimer }) {
                throw TestFailure("no event of \(source)")
            }
            waiting += events
        }
    }
}
