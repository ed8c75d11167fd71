import TraceFile

/// The name that a recording is to get.
package enum OutputName {
    /// Checks that FILE, or its parts, can be made: otherwise that would show only at the end of the recording.
    ///
    /// - Parameter replacing: Whether a file that exists is replaced.
    /// - Throws: 64 if it is no name for a file, or is in use; 74 if nothing can be written there.
    package static func check(_ path: String, isDivided: Bool, replacing: Bool) throws(Failure) {
        do throws(TraceFileError) {
            _ = try NewFile(at: isDivided ? "\(path).1" : path, replacing: replacing)
            // Those of an earlier recording, of which the first may have been removed.
            if isDivided, !replacing, let file = KeptParts.existing(of: path) { throw .exists(file: file) }
        } catch .malformed(_, let problem) {
            throw Failure(.usage, "-o \(path): \(problem)")
        } catch .exists(let file) {
            throw Failure(.usage, "\(TraceFileError.exists(file: file))")
        } catch {
            throw Failure(.outputFailed, "cannot write \(error)")
        }
    }
}
