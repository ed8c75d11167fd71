/// The kernel's counters of one ring buffer: the text of `per_cpu/cpuN/stats`.
package struct CPUStats: Sendable {
    let cpu: Int
    let text: String

    /// What stands in front of the events that had been read when the agent last began to stream, on a line of its own.
    static let readAtStart = "read events at start: "

    /// - Parameter readAtStart: Events that had been read when the agent last began to stream; `nil` if it did not.
    package init(cpu: Int, text: String, readAtStart: Int? = nil) {
        self.cpu = cpu
        let end = text.hasSuffix("\n") || text.isEmpty ? "" : "\n"
        self.text = text + (readAtStart.map { "\(end)\(Self.readAtStart)\($0)\n" } ?? "")
    }
}
