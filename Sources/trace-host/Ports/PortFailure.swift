import CommandSupport
import Reactor

/// Explains why a port cannot be used.
enum PortFailure {
    /// - Parameters:
    ///   - error: Its subject is the path.
    ///   - guest: The guest's name: see `GuestPorts`.
    static func explain(_ error: SystemError, in guest: String) -> Failure {
        let path = error.subject
        switch error.code {
        case .noSuchAddress, .connectionRefused:
            return Failure(.unavailable, "no QEMU has \(path) open: does the guest run?")
        case .noEntry:
            return Failure(.unavailable, "there is no \(path): trace-host check \(guest)")
        case .accessDenied, .notPermitted:
            return Failure(
                .noPermission,
                "you may not use \(path): \(error.code); trace-host check \(guest) names who may")
        case .brokenPipe, .connectionReset:
            return Failure(.unavailable, "the guest behind \(guest) has gone, or its QEMU has hung up")
        case .wouldBlock:
            return Failure(
                .tryAgain,
                "nobody reads the orders for \(guest): does the guest run, and is no other program connected?"
            )
        default:
            return Failure(.operatingSystem, "cannot use the ports of \(guest): \(error)")
        }
    }
}
