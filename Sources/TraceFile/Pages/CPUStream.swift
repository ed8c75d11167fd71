import Reactor

/// The pages of one CPU, in the order in which they were recorded, in a regular file.
package final class CPUStream: Sendable {
    package let name: String
    package let file: FileDescriptor

    /// Uses an open file.
    ///
    /// - Parameter name: The name in messages.
    package init(_ file: consuming FileDescriptor, name: String) {
        self.file = file
        self.name = name
    }

    /// Opens the file at `path`.
    package convenience init(opening path: String) throws(TraceFileError) {
        self.init(try openRegularFile(path), name: path)
    }

    /// What a stream contains.
    package struct Contents: Equatable, Sendable {
        package var pages = 0
        package var events = 0
        /// Events that the kernel lost, as far as the pages contain their number.
        package var lost = 0
        /// How often the kernel lost events without recording their number.
        package var uncountedLosses = 0
        /// Bytes of an incomplete last page; 0 if there is none.
        package var tornBytes = 0
        /// Bytes of complete pages.
        package var bytes = 0
    }

    /// Bytes that are read at a time, about.
    private static let chunk = 1 << 20

    /// Checks every page, and counts what the stream contains.
    ///
    /// - Parameter progress: Called with the number of bytes that were checked since the last call.
    /// - Throws: `.malformed` if bytes are not a page, or a page is earlier than the one before it.
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
                let page = try readPage(bytes, layout, contents)
                if page.timestamp < last {
                    throw malformed(
                        contents,
                        "starts at \(page.timestamp), earlier than the previous page (\(last)): pages of several CPUs in one file, a changed clock, or a reboot"
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

    private func readPage(
        _ bytes: UnsafeRawBufferPointer, _ layout: PageLayout, _ contents: Contents
    ) throws(TraceFileError) -> Page {
        do throws(Page.Flaw) {
            return try Page(bytes, layout)
        } catch {
            throw malformed(contents, error.description)
        }
    }

    /// The error of the page after `contents`.
    private func malformed(_ contents: Contents, _ problem: String) -> TraceFileError {
        .malformed(file: name, problem: "page \(contents.pages) at byte \(contents.bytes) \(problem)")
    }
}

extension CPUStream.Contents {
    fileprivate mutating func add(_ page: Page, ofBytes count: Int) {
        pages += 1
        bytes += count
        events += page.events
        switch page.loss {
        case .none: break
        case .counted(let number):
            // The pages are of a guest: the sum of what they claim need not fit.
            let (sum, overflows) = lost.addingReportingOverflow(number)
            lost = overflows ? .max : sum
        case .uncounted: uncountedLosses += 1
        }
    }
}
