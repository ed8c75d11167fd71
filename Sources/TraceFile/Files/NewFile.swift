import Reactor

/// A file that gets its name only when it is complete.
///
/// Until then it has no name, and the kernel removes it when the process ends. On a file system that does not support
/// this, the file is called `NAME.NUMBER.partial` and is removed when this object is released.
package final class NewFile {
    package let content: NamedFile
    private var name: String { content.name }
    private let path: String
    /// A unique name, which the file has at least for a moment before it replaces another one.
    private let partialPath: String
    private var hasPartialName = false

    /// Creates the file in the folder of `path`.
    ///
    /// - Parameters:
    ///   - path: A symbolic link is followed.
    ///   - replacing: Whether there may be a file of this name.
    ///   - isPrivate: Whether only its owner may read it, as what has addresses of the kernel.
    /// - Throws: `.malformed` if `path` is a dangling link or something other than a regular file; `.exists`.
    package init(
        at path: String, replacing: Bool = true, isPrivate: Bool = false
    ) throws(TraceFileError) {
        if let kind = try? FileDescriptor.Kind(of: path) {
            guard kind == .regular else { throw .malformed(file: path, problem: "not a regular file") }
            guard replacing else { throw .exists(file: path) }
        }
        if FileDescriptor.isDanglingLink(path) {
            throw .malformed(file: path, problem: "a dangling symbolic link")
        }
        let target = FileDescriptor.resolve(path) ?? path
        let partialPath = "\(target).\(UInt32.random(in: 0 ... .max)).partial"
        if let file = try? FileDescriptor.createNameless(beside: target, isPrivate: isPrivate) {
            content = NamedFile(file, name: path)
        } else {
            let file = try naming(path) { () throws(SystemError) in
                try FileDescriptor.create(partialPath, isPrivate: isPrivate)
            }
            content = NamedFile(file, name: path)
            hasPartialName = true
        }
        self.path = target
        self.partialPath = partialPath
    }

    deinit {
        // A deinit cannot report an error.
        if hasPartialName { try? FileDescriptor.remove(partialPath) }
    }

    /// Gives the file its name, and replaces the file that had that name.
    package func replaceTarget() throws(TraceFileError) {
        try naming(name) { () throws(SystemError) in
            if !hasPartialName { try content.descriptor.giveName(partialPath) }
            hasPartialName = true
            try FileDescriptor.rename(partialPath, to: path)
            hasPartialName = false
        }
    }

    /// Gives the file its name, unless that name exists.
    ///
    /// - Throws: `EEXIST` if it exists.
    package func linkIntoPlace() throws(TraceFileError) {
        try naming(name) { () throws(SystemError) in
            if hasPartialName {
                try FileDescriptor.link(partialPath, to: path)
                try FileDescriptor.remove(partialPath)
                hasPartialName = false
            } else {
                try content.descriptor.giveName(path)
            }
        }
    }
}
