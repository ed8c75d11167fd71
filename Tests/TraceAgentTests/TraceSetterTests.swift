import ControlProtocol
import Reactor
import Support
import Testing
import TraceFile

@testable import trace_agent

/// What a process finds in the trace instance that an earlier one has left.
struct TraceSetterTests {
    @Test(arguments: [true, false])
    func `what was turned off by an order has not been ended by an event`(wasOn: Bool) throws {
        let tracefs = try FakeTracefs()
        var setter = try TraceSetter(
            try tracefs.setupFiles(), SetupLimits(), hasTrigger: true, adopting: TraceSetup(), wasOn: wasOn)
        // The file says that it is off.
        #expect(setter.mayBeTriggered == wasOn)
        let isTriggered = setter.isTriggered()
        #expect(isTriggered)
    }

    @Test func `the next process learns whether what is set up was on`() throws {
        let folder = TemporaryFolder()
        let tracefs = try FakeTracefs()
        let setter = try TraceSetter(
            try tracefs.setupFiles(), SetupLimits(), adopting: TraceSetup(), wasOn: true)
        let rings = RingFolder(
            [], folder: NamedFile(try .open(folder.path, .directory), name: "per_cpu"), releasesAtOnce: false,
            setter: setter)
        var reactor = try AgentReactor()
        var hold = try RingHold(try RingOpener(rings), &reactor)
        #expect(hold.isTracingOn == true)
        _ = hold.change(.tracing(on: false), number: 1, in: .stopped)
        _ = try reactor.wait()
        _ = hold.jobHasEnded()
        #expect(hold.isTracingOn == false)
    }
}
