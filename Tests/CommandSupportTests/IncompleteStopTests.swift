import CommandSupport
import ControlProtocol
import Testing

struct IncompleteStopTests {
    private func cpu(_ cpu: Int, _ state: CPUState, _ counts: [Counter: Int] = [:]) -> CPUReport {
        var values = Counts()
        for (counter, value) in counts { values[counter] = value }
        return CPUReport(cpu: cpu, state: state, counts: values)
    }

    private func causes(_ cpus: CPUReport..., isComplete: Bool = false) -> [String] {
        IncompleteStop.causes(
            Report(
                state: .stopped, instance: "", pageSize: 4096, cpus: cpus, ordersRefused: 0,
                isComplete: isComplete))
    }

    @Test func `a complete stop has no causes`() {
        #expect(causes(cpu(0, .portless, [.unread: 3]), isComplete: true) == [])
    }

    @Test func `each cause is named, with its CPUs and what stays behind`() {
        #expect(
            causes(cpu(0, .idle), cpu(1, .portless, [.unread: 3000]))
                == ["CPU 1 has no port (3000 events in the ring buffer)"])
        #expect(
            causes(cpu(0, .unplugged, [.unread: 2, .pending: 4096]), cpu(1, .unplugged, [.unread: 1]))
                == [
                    "CPUs 0-1 have a port that is unplugged (4096 bytes in the pipe, 3 events in the ring buffer)"
                ])
        #expect(causes(cpu(2, .unreadable)) == ["CPU 2 has a ring buffer that cannot be read"])
        #expect(
            causes(
                cpu(0, .idle, [.pending: 1, .unread: 2]), cpu(1, .portless), cpu(2, .portless, [.unread: 1]))
                == [
                    "CPU 2 has no port (1 events in the ring buffer)",
                    "CPU 0 has a port that did not accept everything in time (1 bytes in the pipe, 2 events in the ring buffer)",
                ])
    }

    @Test func `a stop that was given up although nothing is in a pipe was too slow`() {
        #expect(causes(cpu(0, .idle, [.unread: 9])) == ["the host did not accept everything in time"])
    }
}
