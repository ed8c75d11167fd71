import Reactor
import Synchronization

/// Where a worker runs: on its home CPUs, or anywhere for as long as it gets no time there.
///
/// Reading a ring buffer from another CPU costs three times as much, but a real-time task can keep a pinned thread off
/// its CPU for as long as it runs.
final class Placement: Sendable {
    private let home: CPUMask
    /// Where the process may run: found out before the reactor thread goes to its own CPUs.
    private static let anywhere = CPUMask.ofCallingThread
    /// The worker's thread; 0 until it has begun.
    private let thread = Atomic<Int32>(0)
    private let isReleased = Atomic<Bool>(false)
    /// Why the worker does not run on its home CPUs: an errno, 0 if it does.
    private let refusal = Atomic<Int32>(0)

    /// - Parameter home: The CPUs that the worker is to run on.
    init(home: some Sequence<Int>) {
        self.home = CPUMask(home)
        _ = Self.anywhere
    }

    // MARK: the worker

    /// The worker's thread has begun.
    func begin() {
        thread.store(callingThreadID, ordering: .releasing)
        goHome()
    }

    /// Pins the worker, unless it is released: it may run elsewhere because its CPU was offline.
    func goHome() {
        if isReleased.load(ordering: .acquiring) { return }
        let error = home.isOfCallingThread ? nil : home.set(ofThread: callingThreadID)
        refusal.store(error?.rawValue ?? 0, ordering: .releasing)
    }

    // MARK: the reactor thread

    /// Lets the worker run anywhere until `recall`; it goes home with the next job after that.
    func release() {
        isReleased.store(true, ordering: .releasing)
        let thread = thread.load(ordering: .acquiring)
        // A thread that has ended needs no CPU.
        if thread != 0 { _ = Self.anywhere.set(ofThread: thread) }
    }

    func recall() { isReleased.store(false, ordering: .releasing) }

    /// Why the worker does not run on its home CPUs, `nil` if it does.
    var problem: Errno? {
        let code = refusal.load(ordering: .acquiring)
        return code == 0 ? nil : Errno(rawValue: code)
    }

    /// Whether the worker has something to do and gets no CPU: the state `R` in `/proc/PID/task/TID/stat`, proc(5).
    var isWaitingForCPU: Bool {
        let path = "/proc/self/task/\(thread.load(ordering: .acquiring))/stat"
        // A thread whose state cannot be read is left where it is.
        guard let text = try? FileDescriptor.open(path, .readOnly).contents(),
            let state = text.split(separator: ")").last?.drop(while: { $0 == " " }).first
        else { return false }
        return state == "R"
    }
}
