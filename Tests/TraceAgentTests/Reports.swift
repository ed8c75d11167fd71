import ControlProtocol

extension Report {
    /// A report of `cpus` CPUs, each with the same counts.
    static func sample(
        state: AgentState = .stopped, cpus: Int = 1, _ counts: [Counter: Int] = [:], ordersRefused: Int = 0,
        isComplete: Bool = true
    ) -> Report {
        var values = Counts()
        for (counter, value) in counts { values[counter] = value }
        return Report(
            state: state, instance: "", pageSize: 4096,
            cpus: (0..<cpus).map { CPUReport(cpu: $0, state: .idle, counts: values) },
            ordersRefused: ordersRefused, isComplete: isComplete)
    }
}
