import Reactor
import TraceFile

/// The file that the pages of a CPU go to.
final class StreamFile {
    let path: String
    private let descriptor: FileDescriptor
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
        do throws(SystemError) {
            var done = 0
            while done < size - count {
                done += try descriptor.copy(
                    size - count - done, from: count + done, to: rest.content.descriptor, at: done)
            }
        } catch {
            throw .system(file: path, error)
        }
        try rest.replaceTarget()
        size -= count
    }
}
