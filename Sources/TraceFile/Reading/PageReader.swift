import Reactor

/// Reads the pages of one CPU one after the other, from a part of a trace.dat or from a stream that can grow.
package final class PageReader {
    private let file: NamedFile
    private let pageSize: Int
    /// The byte of the file that is read next.
    private var place: Int
    /// The byte behind the last page; `nil` if the file can grow.
    private let end: Int?
    /// Compressed chunks that are still to come; 0 if the pages are not compressed.
    private var chunks: Int
    private let order: ByteOrder
    /// The pages of a chunk that are still to come.
    private var unpacked: ArraySlice<UInt8> = []

    /// Far more bytes than any writer compresses at a time.
    private static let largestChunk = 64 << 20

    /// Reads the pages in `range`.
    ///
    /// - Parameter chunks: How many chunks are there, if they are compressed.
    init(_ file: NamedFile, _ range: Range<Int>, _ layout: PageLayout, chunks: Int = 0) {
        self.file = file
        pageSize = layout.pageSize
        order = layout.order
        place = range.lowerBound
        end = range.upperBound
        self.chunks = chunks
    }

    /// Reads a stream of pages in the file at `path`, which another process may still write to.
    package init(growing path: String, _ layout: PageLayout) throws(TraceFileError) {
        file = NamedFile(try openRegularFile(path), name: path)
        pageSize = layout.pageSize
        order = layout.order
        place = 0
        end = nil
        chunks = 0
    }

    /// The next page; `nil` if there is none yet, or none at all: an incomplete one is none.
    package func next() throws(TraceFileError) -> [UInt8]? {
        if chunks > 0 || !unpacked.isEmpty { return try nextUnpacked() }
        if let end, end - place < pageSize { return nil }
        let page = try read(pageSize)
        guard page.count == pageSize else { return nil }
        place += pageSize
        return page
    }

    /// Goes on so that at most `limit` bytes are to be read.
    ///
    /// - Returns: How many pages are passed over.
    package func skip(toLast limit: Int) throws(TraceFileError) -> Int {
        let size = try naming(file.name) { () throws(SystemError) in try file.descriptor.size() }
        let pages = (size - place - limit) / pageSize
        guard pages > 0 else { return 0 }
        place += pages * pageSize
        return pages
    }

    /// Whether the file has no name any more, and so no writer that goes on.
    package var isRemoved: Bool { file.descriptor.isReplaced(at: file.name) || !Self.exists(file.name) }

    private static func exists(_ path: String) -> Bool { FileDescriptor.resolve(path) != nil }

    private func nextUnpacked() throws(TraceFileError) -> [UInt8]? {
        while unpacked.count < pageSize {
            guard chunks > 0 else { return nil }
            chunks -= 1
            let (bytes, size) = try unpack(file, at: place, order, limit: Self.largestChunk)
            unpacked = bytes[...]
            place += size
        }
        defer { unpacked = unpacked.dropFirst(pageSize) }
        return Array(unpacked.prefix(pageSize))
    }

    private func read(_ count: Int) throws(TraceFileError) -> [UInt8] {
        try naming(file.name) { () throws(SystemError) in try file.descriptor.read(count, at: place) }
    }
}
