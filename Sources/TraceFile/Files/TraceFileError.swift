import Reactor

/// Why a trace header, a stream or a trace.dat cannot be read or written.
package enum TraceFileError: Error, Equatable, CustomStringConvertible {
    /// A system call on `file` failed.
    case system(file: String, SystemError)
    /// The content of `file` is not what it has to be.
    case malformed(file: String, problem: String)
    /// A page of the stream `file` is none, or earlier than the one before it: the stream can be salvaged.
    case damagedStream(file: String, problem: String)
    /// `file` was to be written, and must not be replaced.
    case exists(file: String)
    /// The file to be written would have more than `limit` bytes.
    case tooLarge(limit: Int)
    /// The caller cancelled the work.
    case cancelled

    package var description: String {
        switch self {
        case .system(let file, let error): "\(file): \(error.code)"
        case .malformed(let file, let problem), .damagedStream(let file, let problem): "\(file): \(problem)"
        case .exists(let file): "\(file) exists: --force replaces it"
        case .tooLarge(let limit): "larger than \(limit) bytes"
        case .cancelled: "cancelled"
        }
    }
}

/// Runs `body`, and adds the name of `file` to an error that it throws.
func naming<Value: ~Copyable>(
    _ file: String, _ body: () throws(SystemError) -> Value
) throws(TraceFileError) -> Value {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .system(file: file, error)
    }
}
