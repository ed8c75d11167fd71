import Reactor

/// A file that gets its name once it is whole; until then it is `NAME.partial`, and goes if it is dropped.
package final class NewFile {
    package let content: NamedFile
    private let path: String
    private var isInPlace = false

    private var partialPath: String { path + ".partial" }

    /// - Throws: `.malformed` if something other than a regular file has the name.
    package init(at path: String) throws(TraceFileError) {
        if let kind = try? FileDescriptor.Kind(of: path), kind != .regular {
            throw .malformed(file: path, problem: "not a regular file")
        }
        let partialPath = path + ".partial"
        let file = try naming(partialPath) { () throws(SystemError) in try FileDescriptor.create(partialPath)
        }
        content = NamedFile(file, name: partialPath)
        self.path = path
    }

    deinit {
        // There is nobody to tell, and what is left behind is overwritten by the next try.
        if !isInPlace { try? FileDescriptor.remove(partialPath) }
    }

    /// Gives it its name, in the place of the file that had it.
    package func takePlace() throws(TraceFileError) {
        try naming(path) { () throws(SystemError) in try FileDescriptor.rename(partialPath, to: path) }
        isInPlace = true
    }
}
