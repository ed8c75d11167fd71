/// The event counters of one ring buffer: `per_cpu/cpuN/stats`.
struct RingStats: Codable, Equatable, Sendable {
    /// In the ring buffer, not read yet: `entries`.
    var unread = 0
    /// Overwritten, or refused because the ring buffer was full: `overrun`, `commit overrun` and `dropped events`.
    var lost = 0
    /// Read until now: `read events`.
    var read = 0
    /// Overwritten: `overrun`.
    private var overrun = 0

    /// Whether all can be from a kernel: no sum of a few such numbers overflows.
    var isPlausible: Bool { [unread, lost, read, overrun].allSatisfy { (0..<1 << 60).contains($0) } }

    init() {}

    /// Parses the file's text; unknown lines are skipped.
    init(parsing text: String) {
        // Bytes, not characters: this is done for each CPU and flush interval.
        for line in text.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let colon = line.firstIndex(of: UInt8(ascii: ":")),
                let value = Int(Substring(line[colon...].dropFirst().drop { $0 == UInt8(ascii: " ") }))
            else { continue }
            switch Substring(line[..<colon]) {
            case "entries": unread = value
            case "read events": read = value
            case "overrun":
                overrun = value
                lost += value
            case "commit overrun", "dropped events": lost += value
            default: break
            }
        }
    }

    /// Events that were in the ring buffer, and are there no more.
    var gone: Int { read + overrun }

    /// The most that was written to the ring buffer since it was cleared.
    ///
    /// The kernel determines `unread` first: what is read or overwritten until it comes to the rest is counted twice.
    var writtenAtMost: Int { unread + gone }
}
