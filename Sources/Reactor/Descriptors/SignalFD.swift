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

    /// Collects the signals that ask a service to end, `SIGTERM` and `SIGINT`, or to look anew, `SIGHUP`.
    package static func ofService() throws(SystemError) -> SignalFD {
        try SignalFD([SIGTERM, SIGINT, SIGHUP])
    }

    /// `SIGHUP`: the terminal is gone, or a service is to look anew.
    package static let hangUp = SIGHUP

    /// Makes writes that cannot succeed fail instead of ending the program: `EPIPE` where nobody reads, `EFBIG` where
    /// the file may not grow.
    package static func ignoreFailedWrites() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// The next signal that has arrived, `nil` if there is none.
    package func next() throws(SystemError) -> CInt? {
        var arrived = signalfd_siginfo()
        let count = try systemCallOrBlock("read", on: "signalfd") {
            read(descriptor.rawValue, &arrived, MemoryLayout<signalfd_siginfo>.size)
        }
        return count == nil ? nil : CInt(arrived.ssi_signo)
    }
}
