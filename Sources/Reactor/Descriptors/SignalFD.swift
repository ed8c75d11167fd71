internal import CEpoll
import Glibc

/// Signals that are read from a descriptor instead of interrupting a thread: signalfd(2).
package struct SignalFD: ~Copyable {
    package let descriptor: FileDescriptor

    /// Blocks `signals` in this thread and in every thread that it starts later, and collects them.
    package init(_ signals: [CInt]) throws(SystemError) {
        var set = Self.makeSet(signals)
        try threadCall("pthread_sigmask", pthread_sigmask(SIG_BLOCK, &set, nil))
        let flags = SFD_CLOEXEC | SFD_NONBLOCK
        descriptor = FileDescriptor(owning: try systemCall("signalfd") { signalfd(-1, &set, CInt(flags)) })
    }

    /// Collects the signals for a service: `SIGTERM` and `SIGINT` end it, `SIGHUP` makes it reload.
    package static func ofService() throws(SystemError) -> SignalFD {
        try SignalFD([SIGTERM, SIGINT, SIGHUP])
    }

    /// Collects the signals that end what runs at a terminal, Ctrl-\ (`SIGQUIT`) included.
    package static func ofTerminal() throws(SystemError) -> SignalFD {
        try SignalFD([SIGTERM, SIGINT, SIGHUP, SIGQUIT])
    }

    /// The same, and `trigger`.
    package static func ofTerminalAndTrigger() throws(SystemError) -> SignalFD {
        try SignalFD([SIGTERM, SIGINT, SIGHUP, SIGQUIT, trigger])
    }

    /// All that one of these collects.
    static var collected: sigset_t { makeSet([SIGTERM, SIGINT, SIGHUP, SIGQUIT, trigger]) }

    private static func makeSet(_ signals: [CInt]) -> sigset_t {
        var set = sigset_t()
        sigemptyset(&set)
        for signal in signals { sigaddset(&set, signal) }
        return set
    }

    /// `SIGUSR1`: something is to be done now.
    package static let trigger = SIGUSR1

    /// `SIGHUP`: the terminal was closed, or a service is to reload.
    package static let hangUp = SIGHUP

    /// Ignores `SIGPIPE` and `SIGXFSZ`, so that failed writes return an error instead of ending the process.
    ///
    /// The error is `EPIPE` if the reading end is closed, and `EFBIG` if the file may not grow: write(2).
    package static func ignoreFailedWrites() {
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
    }

    /// The next pending signal, `nil` if there is none: read(2).
    package func next() throws(SystemError) -> CInt? {
        var pending = signalfd_siginfo()
        let count = try systemCallOrBlock("read", on: "signalfd") {
            read(descriptor.rawValue, &pending, MemoryLayout<signalfd_siginfo>.size)
        }
        return count == nil ? nil : CInt(pending.ssi_signo)
    }
}
