import Logging
import Reactor
import Synchronization

/// The finished parts of a long recording: the oldest are removed if only so many are to be kept.
final class KeptParts: Sendable {
    /// Parts are finished by two threads: the last one by the recording's own.
    private let outputs = Mutex<[String]>([])
    private let most: Int?
    private let log: Logger

    /// - Parameter most: `nil`: all are kept.
    init(most: Int?, _ log: Logger) {
        self.most = most
        self.log = log
    }

    /// A file with the name of a part of FILE, `nil` if there is none.
    static func existing(of path: String) -> String? {
        let slash = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
        let (folder, prefix) = (path[..<slash], path[slash...] + ".")
        // A folder that cannot be listed, or is not there, is noticed when a part is made.
        let listed = try? FileDescriptor.open(folder.isEmpty ? "." : String(folder), .directory).names()
        let names = listed ?? []
        let name = names.first { $0.hasPrefix(prefix) && Int($0.dropFirst(prefix.count)) != nil }
        return name.map { folder + $0 }
    }

    func add(_ output: String) {
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
