import CommandSupport
import Logging
import Reactor
import TraceFile

/// What all ring buffers of an instance share: the size of a sub-buffer, and when poll(2) reports them as readable.
struct RingSettings: ~Copyable {
    /// Bytes of a sub-buffer when the agent started.
    let pageSize: Int
    private let headerPage: FileDescriptor
    private let bufferPercent: FileDescriptor
    /// What `buffer_percent` was before the agent set it; `nil` while it is not set.
    private var savedPercent: String?

    /// - Parameters:
    ///   - headerPage: `events/header_page`.
    ///   - bufferPercent: `buffer_percent`, for reading and writing.
    /// - Throws: 78 if the kernel's page layout is unknown.
    init(headerPage: consuming FileDescriptor, bufferPercent: consuming FileDescriptor) throws(Failure) {
        pageSize = try Self.readPageSize(headerPage)
        self.headerPage = headerPage
        self.bufferPercent = bufferPercent
    }

    /// Opens the files of an instance; Linux has had `buffer_percent` since 5.0.
    init(in tracefs: Tracefs) throws(Failure) {
        try self.init(
            headerPage: try tracefs.open("events/header_page", .readOnly),
            bufferPercent: try tracefs.open("buffer_percent", .readWrite))
    }

    private static func readPageSize(_ headerPage: borrowing FileDescriptor) throws(Failure) -> Int {
        let text = try wrappingSystemError { () throws(SystemError) in try headerPage.contents() }
        guard let pageSize = PageLayout(headerPage: text)?.pageSize else {
            throw Failure(.configuration, "events/header_page of tracefs names no data field: unknown kernel")
        }
        return pageSize
    }

    /// Why pages cannot be read now, `nil` if they can.
    ///
    /// `buffer_subbuf_size_kb` can change a sub-buffer's size at any time, and pages of another size would not fit the
    /// pipes and buffers that were made at start-up.
    func pageSizeProblem() -> String? {
        do throws(Failure) {
            let size = try Self.readPageSize(headerPage)
            if size == pageSize { return nil }
            return "not started: the sub-buffer size changed from \(pageSize) to \(size): restart the agent"
        } catch {
            return "not started: \(error)"
        }
    }

    /// Sets `buffer_percent` for ring buffers of `bytes` each.
    mutating func setPercent(forRingOf bytes: Int) throws(SystemError) {
        if savedPercent == nil { savedPercent = try bufferPercent.contents() }
        let percent = RingGeometry.bufferPercent(ringOf: bytes, pageSize: pageSize)
        try bufferPercent.overwrite(with: "\(percent)")
    }

    /// Restores `buffer_percent` to what it was before it was set.
    mutating func restorePercent(_ log: Logger) {
        guard let saved = savedPercent else { return }
        savedPercent = nil
        do throws(SystemError) {
            try bufferPercent.overwrite(with: saved)
        } catch {
            log.warning("buffer_percent is not restored: \(error)")
        }
    }
}
