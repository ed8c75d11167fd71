import Reactor

/// A file that gets its name once it is whole.
///
/// Until then it has none, and goes with the process; where the file system cannot do that it is called
/// `NAME.NUMBER.partial`, and goes if it is dropped.
package final class NewFile {
    package let content: NamedFile
    private var name: String { content.name }
    private let path: String
    /// A name of its own, which it has for a moment at least.
    private let partialPath: String
    private var hasPartialName = false

    /// - Parameter path: A link is followed.
    /// - Throws: `.malformed` if something other than a regular file has the name, or a link that leads nowhere.
    package init(at path: String) throws(TraceFileError) {
        if let kind = try? FileDescriptor.Kind(of: path), kind != .regular {
            throw .malformed(file: path, problem: "not a regular file")
        }
        if FileDescriptor.isDanglingLink(path) {
            throw .malformed(file: path, problem: "a link that leads nowhere")
        }
        let target = FileDescriptor.resolve(path) ?? path
        let partialPath = "\(target).\(UInt32.random(in: 0 ... .max)).partial"
        if let file = try? FileDescriptor.createNameless(beside: target) {
            content = NamedFile(file, name: path)
        } else {
            let file = try naming(path) { () throws(SystemError) in try FileDescriptor.create(partialPath) }
            content = NamedFile(file, name: path)
            hasPartialName = true
        }
        self.path = target
        self.partialPath = partialPath
    }

    deinit {
        // There is nobody to tell.
        if hasPartialName { try? FileDescriptor.remove(partialPath) }
    }

    /// Gives it its name, in the place of the file that had it.
    package func replaceTarget() throws(TraceFileError) {
        try naming(name) { () throws(SystemError) in
            if !hasPartialName { try content.descriptor.giveName(partialPath) }
            hasPartialName = true
            try FileDescriptor.rename(partialPath, to: path)
            hasPartialName = false
        }
    }

    /// Gives it its name, if nothing has that.
    ///
    /// - Throws: `EEXIST` otherwise.
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
