import ControlProtocol
import Testing

@testable import trace_agent

struct StatusLineTests {
    @Test(arguments: [
        (
            [CPUState.draining, .idle], AgentState.streaming,
            "streaming, 2 CPUs, 1.4 MiB/s, 2.0 MiB sent, 6 events lost"
        ),
        ([.idle], .stopped, "stopped, 1 CPUs, 1.0 MiB sent, 3 events lost"),
        (
            [.blocked, .unplugged, .idle], .flushing,
            "flushing, 3 CPUs, 1.4 MiB/s, 3.0 MiB sent, 9 events lost, 2 waiting for the host"
        ),
        ([], .stopped, "stopped, no CPU has a port"), ([.portless], .stopped, "stopped, no CPU has a port"),
        (
            [.idle, .portless], .stopped,
            "stopped, 1 CPUs, 2.0 MiB sent, 6 events lost, 1 CPUs without a port"
        ),
    ])
    func `a status line says what matters`(cpus: [CPUState], state: AgentState, expected: String) {
        var counts = Counts()
        (counts[.pages], counts[.bytes], counts[.lost]) = (256, 1 << 20, 3)
        let report = Report(
            state: state, instance: "", pageSize: 4096,
            cpus: cpus.enumerated().map { CPUReport(cpu: $0, state: $1, counts: counts) }, ordersRefused: 0,
            isComplete: true)
        #expect(StatusLine(report, bytesPerSecond: 1.49 * 1_048_576).text == expected)
    }
}
