import CommandSupport
import FoundationEssentials
import Logging
import Reactor

/// The file with the saved state, which stays open over the drop of the privileges.
///
/// It has one line. What follows the line is the rest of a longer one, from a process that was killed while it wrote.
struct StateFile: ~Copyable {
    private let file: FileDescriptor
    private let path: String

    /// Far more than the state of 8192 CPUs.
    private static let limit = 4 << 20

    /// Opens the file, or makes it.
    ///
    /// - Returns: `nil` with a warning if that is not possible: the agent then starts anew each time.
    static func open(_ path: String, _ log: Logger) -> StateFile? {
        do throws(TrustedFolder.Problem) {
            _ = try TrustedFolder(FilePath.folder(of: path))
            do throws(SystemError) {
                return StateFile(file: try .openOwn(path), path: path)
            } catch {
                throw .failed(error)
            }
        } catch {
            log.warning("a restart will not resume streaming: \(explanation(of: error, path: path))")
            return nil
        }
    }

    private static func explanation(of problem: TrustedFolder.Problem, path: String) -> String {
        switch problem {
        case .untrusted(let folder): "--state \(path): other users can replace names in \(folder)"
        case .failed(let error): "--state \(path): \(error.code)"
        }
    }

    /// The state that was written last; `nil` if there is none.
    func read(_ log: Logger) -> SavedState? {
        // A file that cannot be read has no state that could be used.
        let bytes = (try? file.read(Self.limit, at: 0)) ?? []
        if bytes.isEmpty { return nil }
        let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
        guard let state = try? JSONDecoder().decode(SavedState.self, from: Data(line)), state.isPlausible
        else {
            log.warning("the state in \(path) is not used: it is damaged")
            return nil
        }
        return state
    }

    /// Replaces the state.
    func write(_ state: SavedState) throws(SystemError) {
        guard let line = try? JSONEncoder().encode(state) else {
            preconditionFailure("a state has strings and integers only")
        }
        try file.write(Array(line) + [UInt8(ascii: "\n")], at: 0)
        try file.truncate(to: line.count + 1)
    }
}
