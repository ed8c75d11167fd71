import ControlProtocol
import Reactor
import TraceFile

/// Room for one header at a time: free, the header worker's while it has the job, or that of the streams it is sent to.
final class HeaderSlot: Sendable {
    /// The header, and behind it the line that announces it and the warning in that.
    let file: NamedFile
    /// Readable once the worker has handed the slot back: the bytes of the header, and 1.
    let readiness: EventFD

    /// - Parameter memory: Where the header is written: memfd_create(2).
    init(memory: consuming FileDescriptor) throws(SystemError) {
        readiness = try EventFD()
        file = NamedFile(memory, name: "memory")
    }

    convenience init() throws(SystemError) { try self.init(memory: try .inMemory("trace-header")) }

    /// Returns the memory to the kernel.
    func empty() throws(SystemError) { try file.descriptor.truncate(to: 0) }

    /// Hands the slot back with the line that announces the header.
    func handBack(_ announcement: HeaderAnnouncement) {
        do throws(SystemError) {
            try file.descriptor.truncate(to: announcement.bytes)
            let text = "\(announcement.line)\n\(announcement.error ?? "")"
            try file.descriptor.write(Array(text.utf8), at: announcement.bytes)
        } catch {
            // No memory even for the line: the reactor thread finds none, and answers with an announcement of its own.
            // If there was memory for a part of it, that is removed, which needs none.
            try? file.descriptor.truncate(to: announcement.bytes)
        }
        readiness.signal(UInt64(announcement.bytes) + 1)
    }

    /// What the worker has handed back; `nil` if it has not.
    ///
    /// - Returns: The header's bytes, the line behind them, which is empty if there was no memory for it, and the warning
    ///   in the line, empty if there is none.
    func receive() throws(SystemError) -> (bytes: Int, line: String, warning: String)? {
        guard let word = readiness.receive() else { return nil }
        let bytes = Int(word - 1)
        let rest = max(0, try file.descriptor.size() - bytes)
        let parts = try file.descriptor.read(rest, at: bytes).split(
            separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false
        ).map { String(decoding: $0, as: UTF8.self) }
        return (bytes, parts[0], parts.count > 1 ? parts[1] : "")
    }
}
