import Reactor

/// Opens the regular file at `path` for reading.
///
/// Any other kind of file is refused: reading it could block, and its content could be gone after one read.
func openRegularFile(_ path: String) throws(TraceFileError) -> FileDescriptor {
    let file = try naming(path) { () throws(SystemError) in
        try FileDescriptor.open(path, [.readOnly, .nonBlocking])
    }
    let kind = try naming(path) { () throws(SystemError) in try file.kind() }
    if kind == .regular { return file }
    throw .malformed(file: path, problem: "not a regular file: save its content to a regular file first")
}

/// An open file and its name in messages.
package final class NamedFile: Sendable {
    package let name: String
    package let descriptor: FileDescriptor

    package init(_ descriptor: consuming FileDescriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }
}
