internal import CEpoll
import Glibc

/// A thread; dropping the value waits for it to end.
///
/// The owner tells the thread to end before it drops the value, or it waits for ever.
package struct JoinedThread: ~Copyable, Sendable {
    private let thread: pthread_t

    /// Starts a thread called `name` (at most 15 bytes are kept) that pins itself to `cpu`, if there is one, and runs
    /// `body`.
    ///
    /// A CPU that is offline, or outside the process's cpuset, leaves the thread unpinned.
    package init(pinnedTo cpu: Int? = nil, name: String, body: @escaping @Sendable () -> Void)
        throws(SystemError)
    {
        let start = Unmanaged.passRetained(
            Start {
                _ = cepoll_set_thread_name(String(name.prefix(15)))
                if let cpu { _ = pinThread(to: cpu) }
                body()
            })
        var thread = pthread_t()
        let result = pthread_create(&thread, nil, runStart, start.toOpaque())
        if result != 0 { start.release() }
        try threadCall("pthread_create", result)
        self.thread = thread
    }

    deinit { pthread_join(thread, nil) }
}

/// Lets the calling thread run on `cpu` only: sched_setaffinity(2).
///
/// The kernel takes a pin away when the CPU goes offline and does not give it back when it returns.
///
/// - Returns: `false` if the CPU is offline or not this process's to use.
package func pinThread(to cpu: Int) -> Bool {
    var mask = [UInt](repeating: 0, count: cpu / UInt.bitWidth + 1)
    mask[cpu / UInt.bitWidth] |= 1 << (cpu % UInt.bitWidth)
    return cepoll_set_affinity(mask.count * MemoryLayout<UInt>.size, mask) == 0
}

/// Lets the calling thread run when others do not want to, as far as that goes: setpriority(2), nice 19.
package func lowerThreadPriority() {
    // Threads have a priority each, unlike what POSIX says; where it may not be set it stays.
    _ = cepoll_set_thread_priority(19)
}

/// The CPU that the calling thread runs on: sched_getcpu(3).
package func currentCPU() -> Int { Int(cepoll_current_cpu()) }

/// What a new thread is to run, in a box that C can carry.
private final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

// A function of the file's own: a closure formed in an isolated context would be bound to the main actor and trap.
private func runStart(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let box { Unmanaged<Start>.fromOpaque(box).takeRetainedValue().body() }
    return nil
}
