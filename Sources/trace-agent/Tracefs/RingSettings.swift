import Reactor
import TraceFile

/// What an instance's rings have in common: the sub-buffer's size, and when poll(2) reports them.
struct RingSettings: ~Copyable {
    /// Bytes of a sub-buffer when the agent started.
    let pageSize: Int
    private let headerPage: FileDescriptor
    private let bufferPercent: FileDescriptor
    /// What `buffer_percent` was before it was set; `nil` while it is not.
    private var percentFound: String?

    init(in tracefs: Tracefs) throws(Failure) {
        let headerPage = try tracefs.open("events/header_page", .readOnly)
        let pageSize = try Self.readPageSize(headerPage)
        // Linux has had it since 5.0.
        let percent = try tracefs.open("buffer_percent", .readWrite)
        self.headerPage = headerPage
        self.pageSize = pageSize
        bufferPercent = percent
    }

    private static func readPageSize(_ headerPage: borrowing FileDescriptor) throws(Failure) -> Int {
        let text = try explained { () throws(SystemError) in try headerPage.contents() }
        guard let pageSize = PageLayout(headerPage: text)?.pageSize else {
            throw Failure(.configuration, "events/header_page of tracefs names no data field: unknown kernel")
        }
        return pageSize
    }

    /// Bytes of a sub-buffer now: somebody may have written `buffer_subbuf_size_kb`.
    func pageSizeNow() throws(Failure) -> Int { try Self.readPageSize(headerPage) }

    /// Sets `buffer_percent` for rings of `bytes` each.
    mutating func setPercent(forRingOf bytes: Int) throws(SystemError) {
        if percentFound == nil { percentFound = try bufferPercent.contents() }
        let percent = RingGeometry.bufferPercent(ringOf: bytes, pageSize: pageSize)
        try bufferPercent.overwrite(with: "\(percent)")
    }

    /// Puts `buffer_percent` back to what it was before it was set.
    mutating func restorePercent() throws(SystemError) {
        guard let found = percentFound else { return }
        percentFound = nil
        try bufferPercent.overwrite(with: found)
    }
}
