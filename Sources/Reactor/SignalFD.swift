internal import CEpoll
import Glibc

/// Signals that arrive as words to read instead of interrupting a thread: signalfd(2).
package struct SignalFD: ~Copyable {
    package let descriptor: FileDescriptor

    /// Blocks `signals` in this thread and all that it makes from now on, and collects them.
    package init(_ signals: [CInt]) throws(SystemError) {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        try threadCall("pthread_sigmask", pthread_sigmask(SIG_BLOCK, &set, nil))
        let flags = SFD_CLOEXEC | SFD_NONBLOCK
        descriptor = FileDescriptor(owning: try systemCall("signalfd") { signalfd(-1, &set, CInt(flags)) })
    }

    /// Collects the signals that ask a program to end: `SIGTERM`, `SIGINT` and `SIGHUP`.
    package static func ofTermination() throws(SystemError) -> SignalFD {
        try SignalFD([SIGTERM, SIGINT, SIGHUP])
    }

    /// Makes writes to a pipe or socket that nobody reads fail with `EPIPE` instead of ending the program.
    package static func ignoreBrokenPipes() {
        signal(SIGPIPE, SIG_IGN)
    }

    /// The next signal that has arrived, `nil` if there is none.
    package func take() throws(SystemError) -> CInt? {
        var arrived = signalfd_siginfo()
        let count = try systemCallOrBlock("read", on: "signalfd") {
            read(descriptor.rawValue, &arrived, MemoryLayout<signalfd_siginfo>.size)
        }
        return count == nil ? nil : CInt(arrived.ssi_signo)
    }
}

/// Ends the process here and now, threads that cannot be joined included: _exit(2).
package func exitAtOnce(_ status: CInt) -> Never { _exit(status) }
