/// The kernel's counters of one ring buffer: the text of `per_cpu/cpuN/stats`.
package struct CPUStats: Sendable {
    let cpu: Int
    let text: String

    package init(cpu: Int, text: String) {
        self.cpu = cpu
        self.text = text
    }
}
