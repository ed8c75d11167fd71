internal import CEpoll
import Glibc

/// A thread that is joined when its owner drops the value: pthread_join(3).
///
/// The owner must first make the thread end; otherwise the join never returns.
package struct JoinedThread: ~Copyable, Sendable {
    private let thread: pthread_t

    /// Starts a thread that runs `body`: pthread_create(3).
    ///
    /// Signals that end a program never interrupt it: they are for the thread that reads them, even if that begins later.
    ///
    /// - Parameter name: The thread's name; at most 15 bytes are kept.
    package init(name: String, body: @escaping @Sendable () -> Void) throws(SystemError) {
        let start = Unmanaged.passRetained(
            Start {
                _ = cepoll_set_thread_name(String(name.prefix(15)))
                body()
            })
        var thread = pthread_t()
        var own = sigset_t()
        var blocked = SignalFD.collected
        pthread_sigmask(SIG_BLOCK, &blocked, &own)
        let result = pthread_create(&thread, nil, runStart, start.toOpaque())
        pthread_sigmask(SIG_SETMASK, &own, nil)
        if result != 0 { start.release() }
        try threadCall("pthread_create", result)
        self.thread = thread
    }

    deinit { pthread_join(thread, nil) }
}

/// The body of a new thread, in an object whose pointer C can pass on.
private final class Start: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}

// Not a closure: one that is formed in an isolated context would be bound to the main actor, and trap.
private func runStart(_ box: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let box { Unmanaged<Start>.fromOpaque(box).takeRetainedValue().body() }
    return nil
}
