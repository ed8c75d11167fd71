import Reactor

/// Why the agent cannot start or go on: one line that names what failed, why, and what to do about it.
struct Failure: Error, Equatable, CustomStringConvertible {
    let status: ExitStatus
    let description: String
    /// Whether another start, and nothing else, would mend it.
    let isMendedByRestart: Bool

    init(_ status: ExitStatus, _ description: String, isMendedByRestart: Bool = false) {
        self.status = status
        self.description = description
        self.isMendedByRestart = isMendedByRestart
    }

    /// Wraps a system call's failure that has no better explanation.
    init(_ error: SystemError) {
        self.init(.operatingSystem, "\(error)")
    }
}

/// Runs `body`; what fails in it has no better explanation than the system call's.
func explained<Value: ~Copyable>(_ body: () throws(SystemError) -> Value) throws(Failure) -> Value {
    do throws(SystemError) {
        return try body()
    } catch {
        throw Failure(error)
    }
}

/// What the agent exits with: sysexits.h(3head).
enum ExitStatus: Int32, Sendable {
    case usage = 64
    case dataError = 65
    case noInput = 66
    case unavailable = 69
    case operatingSystem = 71
    case outputFailed = 74
    case tryAgain = 75
    case protocolError = 76
    case noPermission = 77
    case configuration = 78
}
