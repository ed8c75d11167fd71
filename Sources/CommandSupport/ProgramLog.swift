import Logging
import Reactor

/// The logger of a program: to the journal if standard error is connected to it, else to standard error.
///
/// - Parameter wrap: Puts another handler before that one.
package func programLog(
    _ name: String, level: Logger.Level = .info, wrappedIn wrap: (any LogHandler) -> any LogHandler = { $0 }
) -> Logger {
    let handler = wrap(
        Journal.isStandardError ? JournalLog(program: name) : StandardErrorLog(program: name))
    var log = Logger(label: name) { _ in handler }
    log.logLevel = level
    return log
}
