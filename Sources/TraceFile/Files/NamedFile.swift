import Reactor

/// Opens the regular file at `path` for reading; anything else could block, or be gone after one look.
func openRegularFile(_ path: String) throws(TraceFileError) -> FileDescriptor {
    let file = try naming(path) { () throws(SystemError) in
        try FileDescriptor.open(path, [.readOnly, .nonBlocking])
    }
    let kind = try naming(path) { () throws(SystemError) in try file.kind() }
    if kind == .regular { return file }
    throw .malformed(file: path, problem: "not a regular file: catch what comes in one first")
}

/// An open file, and what messages call it.
package final class NamedFile: Sendable {
    package let name: String
    package let descriptor: FileDescriptor

    package init(_ descriptor: consuming FileDescriptor, name: String) {
        self.descriptor = descriptor
        self.name = name
    }
}
