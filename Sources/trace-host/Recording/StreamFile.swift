import Reactor
import TraceFile

/// The file that the pages of a CPU go to.
final class StreamFile {
    let path: String
    private var descriptor: FileDescriptor
    /// Bytes that were written.
    private(set) var size = 0
    /// Whether nothing more is to be written.
    var isFull = false

    /// - Throws: `EEXIST` if there is one.
    init(_ path: String) throws(SystemError) {
        self.path = path
        descriptor = try FileDescriptor.create(path)
    }

    /// Splices what is in `source`, a pipe, at most `limit` bytes.
    ///
    /// - Parameter isOpen: Becomes `false` at the end of `source`.
    func take(from source: borrowing FileDescriptor, _ limit: Int, _ isOpen: inout Bool) throws(SystemError) {
        guard let count = try source.splice(to: descriptor, length: limit) else { return }
        size += count
        if count == 0 { isOpen = false }
    }

    func freeBytes() throws(SystemError) -> Int { try descriptor.freeBytes() }

    /// Removes the first `count` bytes: another file takes the name.
    func dropFirst(_ count: Int) throws(TraceFileError) {
        let rest = try NewFile(at: path)
        try copyTail(after: count, to: rest.content.descriptor)
        try rest.replaceTarget()
        // The replaced file stays on the disk as long as it is open.
        do throws(SystemError) {
            descriptor = try FileDescriptor.open(path, .readWrite)
        } catch {
            throw .system(file: path, error)
        }
        size -= count
    }

    private func copyTail(after count: Int, to rest: borrowing FileDescriptor) throws(TraceFileError) {
        var done = 0
        while done < size - count {
            let copied: Int
            do throws(SystemError) {
                copied = try descriptor.copy(size - count - done, from: count + done, to: rest, at: done)
            } catch {
                throw .system(file: path, error)
            }
            if copied == 0 {
                throw .malformed(file: path, problem: "the file became shorter while it was read")
            }
            done += copied
        }
    }
}
