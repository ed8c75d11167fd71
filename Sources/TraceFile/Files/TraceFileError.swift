import Reactor

/// Why a header, a stream or a trace.dat cannot be read or written.
package enum TraceFileError: Error, Equatable, CustomStringConvertible {
    /// The kernel refused; `file` is the name of what it was done to.
    case system(file: String, SystemError)
    /// What is in the file is not what has to be there.
    case malformed(file: String, problem: String)
    /// What is made would be larger than it may be.
    case tooLarge(limit: Int)
    /// Whoever asked for it wants it no more.
    case cancelled

    package var description: String {
        switch self {
        case .system(let file, let error): "\(file): \(error.code)"
        case .malformed(let file, let problem): "\(file): \(problem)"
        case .tooLarge(let limit): "larger than \(limit) bytes"
        case .cancelled: "cancelled"
        }
    }
}

/// Runs `body`; what fails in it was done to `file`.
func naming<Value: ~Copyable>(
    _ file: String, _ body: () throws(SystemError) -> Value
) throws(TraceFileError) -> Value {
    do throws(SystemError) {
        return try body()
    } catch {
        throw .system(file: file, error)
    }
}
