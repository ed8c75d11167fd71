import CommandSupport
import Glibc
import Logging
import Reactor
import Testing

@testable import trace_agent

struct LifetimeTests {
    private func lifetime(_ signals: [CInt], isForeground: Bool = false) throws -> Lifetime {
        var reactor = try AgentReactor()
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let parts = Lifetime.Parts(
            signals: try SignalFD(signals), isForeground: isForeground, duration: nil,
            facts: FactSource(TracingSwitch(nil), bootID: "", LastProblem()),
            resumption: Resumption(nil, bootID: "", instance: "", log))
        return try Lifetime(parts, log: log, &reactor)
    }

    /// Sends a signal to this thread, which has it blocked.
    private func send(_ signals: CInt...) { for signal in signals { pthread_kill(pthread_self(), signal) } }

    @Test func `signals that come together reload first, then end, and the end is asked for once`() throws {
        var lifetime = try lifetime([SIGHUP, SIGINT, SIGTERM])
        send(SIGTERM, SIGINT, SIGHUP)
        let together = try lifetime.requests()
        #expect(together == [.reload, .end])
        // The reload comes while the agent still serves.
        let isEnding = lifetime.isEnding
        #expect(!isEnding)
        lifetime.end()
        send(SIGHUP)
        let late = try lifetime.requests()
        #expect(late == [])
        send(SIGTERM)
        let another = try lifetime.requests()
        #expect(another == [.endAtOnce(signal: SIGTERM)])
    }

    @Test func `in the foreground a hang-up ends`() throws {
        var lifetime = try lifetime([SIGHUP], isForeground: true)
        send(SIGHUP)
        let requests = try lifetime.requests()
        #expect(requests == [.end])
    }

    @Test func `the first failure counts`() throws {
        var lifetime = try lifetime([])
        lifetime.end(because: Failure(.outputFailed, "first"))
        lifetime.end(because: Failure(.tryAgain, "second"))
        let (isEnding, failure) = (lifetime.isEnding, lifetime.failure)
        #expect(isEnding && failure == Failure(.outputFailed, "first"))
    }
}
