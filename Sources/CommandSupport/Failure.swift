import Reactor

/// Why a program cannot start or go on: one line that names what failed, why, and what to do about it.
package struct Failure: Error, Equatable, CustomStringConvertible {
    package let status: ExitStatus
    package let description: String
    /// Whether a restart of the program, and nothing else, would help.
    package let isFixedByRestart: Bool

    package init(_ status: ExitStatus, _ description: String, isFixedByRestart: Bool = false) {
        self.status = status
        self.description = description
        self.isFixedByRestart = isFixedByRestart
    }

    /// Wraps a system call's error that has no better explanation.
    package init(_ error: SystemError) {
        self.init(.operatingSystem, "\(error)")
    }
}

/// Runs `body`; an error in it has no better explanation than the system call's.
package func wrappingSystemError<Value: ~Copyable>(
    _ body: () throws(SystemError) -> Value
) throws(Failure) -> Value {
    do throws(SystemError) {
        return try body()
    } catch {
        throw Failure(error)
    }
}
