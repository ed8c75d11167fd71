/// Events that were read from each CPU's ring buffer between two readings of the kernel's counters, by CPU.
///
/// A ring buffer that was cleared in between counts from 0.
package func eventsRead(between before: [Int], and now: [Int]) -> [Int] {
    now.enumerated().map { cpu, read in
        let earlier = cpu < before.count ? before[cpu] : 0
        return read < earlier ? read : read - earlier
    }
}
