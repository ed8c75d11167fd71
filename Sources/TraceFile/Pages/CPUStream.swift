import Reactor

/// One CPU's pages, in the order in which they came, in a regular file.
package final class CPUStream: Sendable {
    package let name: String
    package let file: FileDescriptor

    /// - Parameter name: What messages call it.
    package init(_ file: consuming FileDescriptor, name: String) {
        self.file = file
        self.name = name
    }

    /// Opens the file at `path`.
    package convenience init(opening path: String) throws(TraceFileError) {
        self.init(try openRegularFile(path), name: path)
    }

    /// What a stream holds.
    package struct Contents: Equatable, Sendable {
        package var pages = 0
        package var events = 0
        /// Events that the kernel lost, as far as the pages say how many.
        package var lost = 0
        /// How often it lost some without saying how many.
        package var uncountedLosses = 0
        /// Bytes after the last whole page.
        package var tornBytes = 0
        /// Bytes of whole pages.
        package var bytes = 0
    }

    /// Reads about this many bytes at a time.
    private static let chunk = 1 << 20

    /// Looks at every page.
    ///
    /// - Parameter progress: Called with the number of bytes that have just been looked at.
    /// - Throws: `.malformed` for bytes that are no page, and where time runs backwards.
    package func survey(
        _ layout: PageLayout, progress: (Int) throws(TraceFileError) -> Void = { _ in }
    ) throws(TraceFileError) -> Contents {
        var contents = Contents()
        var last: UInt64 = 0
        let room = max(1, Self.chunk / layout.pageSize) * layout.pageSize
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: room, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            let count = try naming(name) { () throws(SystemError) in
                try file.read(into: buffer, at: contents.bytes)
            }
            for start in stride(from: 0, to: count - count % layout.pageSize, by: layout.pageSize) {
                let bytes = UnsafeRawBufferPointer(rebasing: buffer[start..<start + layout.pageSize])
                let page = try look(at: bytes, layout, contents)
                if page.timestamp < last {
                    throw flaw(
                        contents,
                        "begins at \(page.timestamp), before the page in front of it, which does at \(last): are these pages of several CPUs, or has the clock been changed, or the machine started again?"
                    )
                }
                last = page.timestamp
                contents.add(page, ofBytes: layout.pageSize)
            }
            try progress(count)
            if count < room {
                contents.tornBytes = count % layout.pageSize
                return contents
            }
        }
    }

    private func look(
        at bytes: UnsafeRawBufferPointer, _ layout: PageLayout, _ contents: Contents
    ) throws(TraceFileError) -> Page {
        do throws(Page.Flaw) {
            return try Page(bytes, layout)
        } catch {
            throw flaw(contents, error.description)
        }
    }

    private func flaw(_ contents: Contents, _ problem: String) -> TraceFileError {
        .malformed(file: name, problem: "page \(contents.pages), at byte \(contents.bytes), \(problem)")
    }
}

extension CPUStream.Contents {
    fileprivate mutating func add(_ page: Page, ofBytes count: Int) {
        pages += 1
        bytes += count
        events += page.events
        switch page.loss {
        case .none: break
        case .counted(let number): lost += number
        case .uncounted: uncountedLosses += 1
        }
    }
}
