/// The layout of a sub-buffer, from `events/header_page` of the kernel that recorded it.
package struct PageLayout: Equatable, Sendable {
    package let order: ByteOrder
    /// Bytes of a sub-buffer.
    package let pageSize: Int
    /// Bytes of the kernel's `long`: 4 or 8.
    package let longSize: Int
    let timestampOffset: Int
    let commitOffset: Int
    let dataOffset: Int

    /// Bytes of events that fit into a sub-buffer.
    var capacity: Int { pageSize - dataOffset }

    /// Far more bytes than Linux accepts in `buffer_subbuf_size_kb`.
    private static let largestPage = 16 << 20
    /// Bytes of a page on most machines; none has smaller ones.
    private static let smallestPage = 4096

    /// Parses the text of `events/header_page`.
    ///
    /// - Returns: `nil` if the text is not from that file, or its numbers are not plausible.
    package init?(headerPage text: String, order: ByteOrder = .native) {
        // Readers of a trace.dat accept these lines in no other form, and some of them crash.
        guard let timestamp = Self.field("u64 timestamp", in: text),
            let commit = Self.field("local_t commit", in: text), let data = Self.field("char data", in: text),
            timestamp.size == 8, commit.size == 4 || commit.size == 8,
            data.offset >= max(timestamp.offset + timestamp.size, commit.offset + commit.size),
            case let size = data.offset + data.size, size & (size - 1) == 0,
            (Self.smallestPage...Self.largestPage).contains(size)
        else { return nil }
        self.order = order
        pageSize = size
        longSize = commit.size
        timestampOffset = timestamp.offset
        commitOffset = commit.offset
        dataOffset = data.offset
    }

    private static func field(_ name: String, in text: String) -> (offset: Int, size: Int)? {
        for line in text.split(separator: "\n") where line.hasPrefix("\tfield: \(name);\toffset:") {
            guard let offset = number(after: "offset:", in: line), let size = number(after: "size:", in: line)
            else { return nil }
            return (offset, size)
        }
        return nil
    }

    private static func number(after name: String, in line: Substring) -> Int? {
        guard let range = line.firstRange(of: name) else { return nil }
        let digits = line[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
        // The offsets and sizes of a page are small: a longer number is not from header_page.
        return digits.count < 10 ? Int(digits) : nil
    }
}
