import CommandSupport
import Reactor

/// Explains why a port cannot be used.
enum PortFailure {
    /// - Parameters:
    ///   - error: Its subject is the path.
    ///   - folder: The folder of the ports.
    static func explain(_ error: SystemError, in folder: String) -> Failure {
        let path = error.subject
        switch error.code {
        case .noSuchAddress, .connectionRefused:
            return Failure(.unavailable, "no QEMU has \(path) open: does the guest run?")
        case .noEntry:
            return Failure(.unavailable, "there is no \(path): trace-host check \(folder)")
        case .accessDenied, .notPermitted:
            return Failure(
                .noPermission,
                "you may not use \(path): \(error.code); trace-host check \(folder) names who may")
        case .brokenPipe, .connectionReset:
            return Failure(.unavailable, "the guest behind \(folder) has gone, or its QEMU has hung up")
        case .wouldBlock:
            return Failure(
                .tryAgain,
                "nobody reads the orders in \(folder): does the guest run, and is no other program connected?"
            )
        default:
            return Failure(.operatingSystem, "cannot use the ports in \(folder): \(error)")
        }
    }
}
