import Reactor

/// A finished trace.dat of version 6 or 7: trace-cmd.dat.v6(5), trace-cmd.dat.v7(5).
///
/// The pages are those of its first trace buffer that has any.
package final class TraceDataFile {
    package let header: TraceHeader
    /// The pages of each CPU that has some.
    package let streams: [Int: PageReader]
    /// The names of other trace buffers with pages, which are not read.
    package let otherBuffers: [String]

    private static let flyrecord = Array("flyrecord".utf8) + [0]

    /// - Throws: `.malformed` if it is none, or only a trace header.
    package init(opening path: String) throws(TraceFileError) {
        let file = NamedFile(try openRegularFile(path), name: path)
        let start = try naming(path) { () throws(SystemError) in
            try file.descriptor.read(TraceHeader.magic.count + 2, at: 0)
        }
        if start == TraceHeader.magic + Array("7".utf8) + [0] {
            let content = try Version7(file)
            header = content.header
            (streams, otherBuffers) = try content.streams()
        } else {
            header = try TraceHeader(opening: path)
            streams = try Self.streamsOfVersion6(file, header)
            otherBuffers = []
        }
    }

    private static func streamsOfVersion6(
        _ file: NamedFile, _ header: TraceHeader
    ) throws(TraceFileError) -> [Int: PageReader] {
        let place = header.start + header.size
        let bytes = try naming(file.name) { () throws(SystemError) in
            try file.descriptor.read(flyrecord.count + 16 * header.cpus, at: place)
        }
        guard bytes.starts(with: flyrecord) else {
            throw .malformed(
                file: file.name,
                problem: "it has no pages: it is a trace header, or the text of a latency tracer")
        }
        guard bytes.count == flyrecord.count + 16 * header.cpus else { throw truncated(file, place) }
        var streams: [Int: PageReader] = [:]
        for cpu in 0..<header.cpus {
            let range = bytes.withUnsafeBytes { bytes in
                Self.range(bytes, at: flyrecord.count + 16 * cpu, header.layout.order)
            }
            if let range, !range.isEmpty { streams[cpu] = PageReader(file, range, header.layout) }
        }
        return streams
    }

    /// The place that an offset and a size name; `nil` if that is none.
    static func range(_ bytes: UnsafeRawBufferPointer, at offset: Int, _ order: ByteOrder) -> Range<Int>? {
        let start = Int(clamping: order.load(UInt64.self, bytes, at: offset))
        let size = Int(clamping: order.load(UInt64.self, bytes, at: offset + 8))
        let (end, overflows) = start.addingReportingOverflow(size)
        return overflows ? nil : start..<end
    }
}
