internal import CEpoll
import Glibc

/// Pins the calling thread to `cpu`: sched_setaffinity(2).
///
/// The kernel removes the pin when the CPU goes offline, and does not restore it when the CPU returns.
///
/// - Returns: `false` if the CPU is offline, or outside the process's cpuset.
package func pinThread(to cpu: Int) -> Bool {
    var mask = [UInt](repeating: 0, count: cpu / UInt.bitWidth + 1)
    mask[cpu / UInt.bitWidth] |= 1 << (cpu % UInt.bitWidth)
    return cepoll_set_affinity(mask.count * MemoryLayout<UInt>.size, mask) == 0
}

/// Gives the calling thread the lowest priority, nice 19: setpriority(2).
package func lowerThreadPriority() {
    // On Linux, unlike in POSIX, each thread has its own nice value. If the call fails, it is unchanged.
    _ = cepoll_set_thread_priority(19)
}

/// The CPU that the calling thread runs on: sched_getcpu(3).
package func currentCPU() -> Int { Int(cepoll_current_cpu()) }
