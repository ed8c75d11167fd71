internal import CEpoll

/// Gives the calling thread the lowest priority, nice 19: setpriority(2).
package func lowerThreadPriority() {
    // On Linux, unlike in POSIX, each thread has its own nice value. If the call fails, it is unchanged.
    _ = cepoll_set_thread_priority(19)
}
