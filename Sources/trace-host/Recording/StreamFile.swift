import Reactor
import TraceFile

/// The file that the pages of a CPU go to.
final class StreamFile {
    private let descriptor: FileDescriptor
    /// Bytes that were written.
    private(set) var size = 0
    /// Whether nothing more is to be written.
    var isFull = false

    init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

    /// Splices what is in `source`, a pipe, at most `limit` bytes.
    ///
    /// - Parameter isOpen: Becomes `false` at the end of `source`.
    func take(from source: borrowing FileDescriptor, _ limit: Int, _ isOpen: inout Bool) throws(SystemError) {
        guard let count = try source.splice(to: descriptor, length: limit) else { return }
        size += count
        if count == 0 { isOpen = false }
    }

    /// Moves the last `count` bytes to `next`, which is empty.
    func moveTail(_ count: Int, to next: StreamFile) throws(SystemError) {
        let tail = try descriptor.read(count, at: size - count)
        try next.descriptor.writeAll(tail)
        next.size = count
        size -= count
        try descriptor.truncate(to: size)
    }

    func freeBytes() throws(SystemError) -> Int { try descriptor.freeBytes() }

    /// Removes the first `count` bytes of the file at `path`: another file takes the name.
    static func dropFirst(_ count: Int, of path: String) throws(TraceFileError) {
        let rest = try NewFile(at: path)
        do throws(SystemError) {
            let file = try FileDescriptor.open(path, .readOnly)
            let size = try file.size() - count
            var done = 0
            while done < size {
                let copied = try file.copy(
                    size - done, from: count + done, to: rest.content.descriptor, at: done)
                // It became shorter meanwhile.
                if copied == 0 { break }
                done += copied
            }
        } catch {
            throw .system(file: path, error)
        }
        try rest.replaceTarget()
    }
}
