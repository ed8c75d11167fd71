import Reactor

/// What an instance's rings have in common: the sub-buffer's size, and when poll(2) reports them.
struct RingSettings: ~Copyable {
    /// Bytes of a sub-buffer when the agent started.
    let pageSize: Int
    private let headerPage: FileDescriptor
    private let bufferPercent: FileDescriptor
    private let percentFound: String

    init(in tracefs: Tracefs) throws(Failure) {
        let headerPage = try tracefs.open("events/header_page", .readOnly)
        let pageSize = try Self.readPageSize(headerPage)
        // Linux has had it since 5.0.
        let percent = try tracefs.open("buffer_percent", .readWrite)
        percentFound = try explained { () throws(SystemError) in try percent.contents() }
        self.headerPage = headerPage
        self.pageSize = pageSize
        bufferPercent = percent
    }

    private static func readPageSize(_ headerPage: borrowing FileDescriptor) throws(Failure) -> Int {
        let text = try explained { () throws(SystemError) in try headerPage.contents() }
        guard let pageSize = RingGeometry.pageSize(fromHeaderPage: text) else {
            throw Failure(.configuration, "events/header_page of tracefs names no data field: unknown kernel")
        }
        return pageSize
    }

    /// Bytes of a sub-buffer now: somebody may have written `buffer_subbuf_size_kb`.
    func pageSizeNow() throws(Failure) -> Int { try Self.readPageSize(headerPage) }

    /// Sets `buffer_percent` for rings of `bytes` each.
    func setPercent(forRingOf bytes: Int) throws(SystemError) {
        let percent = RingGeometry.bufferPercent(ringOf: bytes, pageSize: pageSize)
        try bufferPercent.overwrite(with: "\(percent)")
    }

    /// Puts `buffer_percent` back to what it was when the agent started.
    func restorePercent() throws(SystemError) { try bufferPercent.overwrite(with: percentFound) }
}
