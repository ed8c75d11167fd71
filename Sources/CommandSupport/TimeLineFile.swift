import FoundationEssentials
import Reactor
import TraceFile

/// A file with the options that link trace.dat files, as JSON.
package enum TimeLineFile {
    package static func read(_ path: String) throws(Failure) -> [TimeLineOption] {
        let text: String
        do throws(SystemError) {
            text = try FileDescriptor.open(path, .readOnly).readTextToEnd()
        } catch {
            throw Failure(.noInput, "cannot read \(path): \(error.code)")
        }
        do {
            return try JSONDecoder().decode([TimeLineOption].self, from: Data(text.utf8))
        } catch {
            throw Failure(.dataError, "\(path) is not a file that trace-host record has written")
        }
    }

    /// Replaces the file at `path`.
    package static func write(_ options: [TimeLineOption], to path: String) throws(Failure) {
        guard let data = try? JSONEncoder().encode(options) else {
            preconditionFailure("options have numbers and strings only")
        }
        do throws(TraceFileError) {
            let file = try NewFile(at: path)
            do throws(SystemError) {
                try file.content.descriptor.write(Array(data), at: 0)
            } catch {
                throw .system(file: path, error)
            }
            try file.replaceTarget()
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
    }
}
