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
        // Readers of a trace.dat accept these lines in no other form or order, and some of them crash.
        let lines = text.split(separator: "\n")
        guard lines.count == 3 || lines.count == 4 && Self.field("int overwrite", in: lines[2]) != nil,
            let timestamp = Self.field("u64 timestamp", in: lines[0]),
            let commit = Self.field("local_t commit", in: lines[1]),
            let data = Self.field("char data", in: lines[lines.count - 1]),
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

    private static func field(_ name: String, in line: Substring) -> (offset: Int, size: Int)? {
        var rest = line
        guard skip("\tfield: \(name);\toffset:", in: &rest), let offset = number(in: &rest),
            skip(";\tsize:", in: &rest), let size = number(in: &rest), skip(";", in: &rest),
            rest.isEmpty || rest == "\tsigned:0;" || rest == "\tsigned:1;"
        else { return nil }
        return (offset, size)
    }

    /// Whether `rest` starts with `text`, which is removed from it.
    private static func skip(_ text: String, in rest: inout Substring) -> Bool {
        guard rest.hasPrefix(text) else { return false }
        rest = rest.dropFirst(text.count)
        return true
    }

    /// The number at the start of `rest`, which is removed from it.
    private static func number(in rest: inout Substring) -> Int? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        rest = rest.dropFirst(digits.count)
        // The offsets and sizes of a page are small: a longer number is not from header_page.
        return digits.count < 10 ? Int(digits) : nil
    }
}
