import Logging
import Reactor

/// The logger of a program: to the journal if standard error is connected to it, else to standard error.
package func programLog(_ name: String, level: Logger.Level = .info) -> Logger {
    let handler: any LogHandler =
        Journal.isStandardError ? JournalLog(program: name) : StandardErrorLog(program: name)
    var log = Logger(label: name) { _ in handler }
    log.logLevel = level
    return log
}
