internal import CEpoll
import Glibc

/// The CPUs that a thread may run on: sched_setaffinity(2).
package struct CPUMask: Sendable, Equatable {
    private var words: [UInt]

    /// Linux supports at most this many CPUs.
    private static let mostCPUs = 8192

    private init() { words = Array(repeating: 0, count: Self.mostCPUs / UInt.bitWidth) }

    /// A mask of `cpus`; numbers that no CPU can have are left out.
    package init(_ cpus: some Sequence<Int>) {
        self.init()
        for cpu in cpus where (0..<Self.mostCPUs).contains(cpu) {
            words[cpu / UInt.bitWidth] |= 1 << (cpu % UInt.bitWidth)
        }
    }

    /// The mask of the calling thread, which threads that it starts begin with: sched_getaffinity(2).
    package static var ofCallingThread: CPUMask {
        var mask = CPUMask()
        // It fails only for a buffer that is too small for the kernel, which then has more CPUs than Linux supports.
        _ = mask.words.withUnsafeMutableBytes { cepoll_get_affinity($0.count, $0.baseAddress) }
        return mask
    }

    /// Whether this is the mask of the calling thread; allocates nothing: sched_getaffinity(2).
    package var isOfCallingThread: Bool {
        withUnsafeTemporaryAllocation(of: UInt.self, capacity: words.count) { own in
            own.initialize(repeating: 0)
            let size = own.count * MemoryLayout<UInt>.size
            return cepoll_get_affinity(size, own.baseAddress) == 0 && own.elementsEqual(words)
        }
    }

    /// Sets the mask of a thread.
    ///
    /// The kernel resets the mask of a thread whose only CPU goes offline, and does not restore it when the CPU returns.
    ///
    /// - Parameter thread: What `callingThreadID` has returned in it.
    /// - Returns: `nil` if it is set; `EINVAL` if all its CPUs are offline, or outside the process's cpuset.
    package func set(ofThread thread: Int32) -> Errno? {
        let result = words.withUnsafeBytes { cepoll_set_affinity(thread, $0.count, $0.baseAddress) }
        return result == 0 ? nil : .current
    }
}

/// The kernel's number of the calling thread: gettid(2).
package var callingThreadID: Int32 { cepoll_thread_id() }
