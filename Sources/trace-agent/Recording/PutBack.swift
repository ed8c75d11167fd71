import CommandSupport
import Logging
import Reactor

/// Puts back what a recording has changed in tracefs, whatever ends it, `kill -9` included.
///
/// A helper, `trace-agent put-back`, does it once the recording has said so, or has gone: a tracer can be put back, and an
/// instance be removed, only when nobody has the ring buffers open.
final class PutBack {
    /// Leads to the helper; `nil` once that is at work.
    private var pipe: Pipe?
    private let helper: ChildProcess
    private let log: Logger

    /// How long the helper may take.
    private static let patience = Duration.seconds(20)

    init(_ log: Logger) throws(Failure) {
        do throws(SystemError) {
            let pipe = try Pipe(size: 64 << 10)
            try pipe.writeEnd.setStatusFlags([])
            helper = try ChildProcess(
                ["/proc/self/exe", PutBackList.command], passing: pipe.readEnd, as: 0, isApart: true)
            self.pipe = pipe
            self.log = log
        } catch {
            throw Failure(error)
        }
    }

    /// Remembers what is to be done; called before the change.
    func remember(_ entry: PutBackList.Entry) {
        do throws(SystemError) {
            try pipe?.writeEnd.writeAll(Array(entry.line.utf8))
        } catch {
            log.warning("what is changed now will not be put back: \(error.code)")
        }
    }

    /// Lets the helper put everything back, and waits for it.
    func finish() {
        pipe = nil
        switch helper.status(within: Self.patience) {
        // What could not be put back, the helper has logged itself.
        case 0: break
        case nil: log.warning("settings are still being put back")
        case let status?: log.warning("settings are not put back: the helper has ended with \(status)")
        }
    }
}
