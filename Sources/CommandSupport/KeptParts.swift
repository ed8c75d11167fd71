import Logging
import Reactor
import Synchronization

/// The finished parts of a long recording: the oldest are removed if only so many are to be kept.
package final class KeptParts: Sendable {
    /// Parts are finished by two threads: the last one by the recording's own.
    private let outputs = Mutex<[String]>([])
    private let most: Int?
    private let log: Logger

    /// - Parameter most: `nil`: all are kept.
    package init(most: Int?, _ log: Logger) {
        self.most = most
        self.log = log
    }

    package func add(_ output: String) {
        guard let most else { return }
        let surplus = outputs.withLock { outputs in
            outputs.append(output)
            let surplus = outputs.dropLast(most)
            outputs.removeFirst(surplus.count)
            return Array(surplus)
        }
        for output in surplus {
            do throws(SystemError) {
                try FileDescriptor.remove(output)
            } catch {
                log.warning("\(error)")
            }
        }
    }
}
