import Reactor

/// Puts a head and one stream of pages a CPU together: a trace.dat of version 6.
///
/// The pages are copied by the kernel; see trace-cmd.dat.v6(5) for the layout.
package struct Assembly {
    private let head: Head
    private let streams: [CPUStream]

    /// - Parameter streams: The first is CPU 0's.
    /// - Throws: `.malformed` if there are more than the head's machine has CPUs, or one is given twice.
    package init(_ head: Head, _ streams: [CPUStream]) throws(TraceFileError) {
        if streams.count > head.cpus {
            throw .malformed(
                file: head.name,
                problem: "the head of a machine of \(head.cpus) CPUs, but there are \(streams.count) streams")
        }
        for (index, stream) in streams.enumerated() {
            for other in streams[..<index] {
                let isSame = try naming(stream.name) { () throws(SystemError) in
                    try stream.file.isSameFile(as: other.file)
                }
                if isSame { throw .malformed(file: stream.name, problem: "the same file as \(other.name)") }
            }
        }
        self.head = head
        self.streams = streams
    }

    /// What work has been done, of how much: bytes looked at and copied.
    package typealias Progress = (_ done: Int, _ total: Int) throws(TraceFileError) -> Void

    /// Looks at every page; nothing is written yet.
    ///
    /// - Returns: What each stream holds.
    package func survey(progress: Progress = { _, _ in }) throws(TraceFileError) -> [CPUStream.Contents] {
        var total = 0
        for stream in streams {
            total += try naming(stream.name) { () throws(SystemError) in try stream.file.size() }
        }
        var done = 0
        var contents: [CPUStream.Contents] = []
        for stream in streams {
            contents.append(
                try stream.survey(head.layout) { count throws(TraceFileError) in
                    done += count
                    try progress(done, 2 * total)
                })
        }
        return contents
    }

    /// Writes the file.
    ///
    /// - Parameter contents: What `survey` has found.
    package func write(
        _ contents: [CPUStream.Contents], to output: NamedFile, progress: Progress = { _, _ in }
    ) throws(TraceFileError) {
        try copy(head.cpuCountOffset, of: head.file, named: head.name, from: head.start, to: output, at: 0)
        let total = contents.reduce(0) { $0 + $1.bytes }
        var middle = beforeTable
        var offset = head.cpuCountOffset + middle.count + streams.count * 16 + afterTable.count
        var places: [Int] = []
        for entry in contents {
            offset = (offset + head.layout.pageSize - 1) / head.layout.pageSize * head.layout.pageSize
            places.append(offset)
            middle += bytes(UInt64(offset)) + bytes(UInt64(entry.bytes))
            offset += entry.bytes
        }
        middle += afterTable
        try naming(output.name) { () throws(SystemError) in
            try output.descriptor.write(middle, at: head.cpuCountOffset)
            try output.descriptor.truncate(to: offset)
        }
        var done = 0
        for (index, stream) in streams.enumerated() {
            try copy(
                contents[index].bytes, of: stream.file, named: stream.name, from: 0, to: output,
                at: places[index]
            ) { count throws(TraceFileError) in
                done += count
                try progress(total + done, 2 * total)
            }
        }
    }

    private func bytes(_ number: some FixedWidthInteger) -> [UInt8] { head.layout.order.bytes(number) }

    /// From the CPU count to the table of where each CPU's pages are.
    private var beforeTable: [UInt8] {
        var all = bytes(UInt32(streams.count)) + Head.optionsMark
        for option in head.options {
            all += bytes(option.id) + bytes(UInt32(option.data.count)) + option.data
        }
        return all + bytes(UInt16(0)) + Array("flyrecord".utf8) + [0]
    }

    /// The clock in use, which an option of the head announces.
    private var afterTable: [UInt8] {
        if head.clocks.isEmpty { return [] }
        let clock = Array("[\(head.clock)]".utf8)
        return bytes(UInt64(clock.count)) + clock
    }

    /// A bite that leaves time to look up between two.
    private static let bite = 64 << 20

    private func copy(
        _ count: Int, of file: borrowing FileDescriptor, named name: String, from start: Int,
        to output: NamedFile,
        at place: Int, progress: (Int) throws(TraceFileError) -> Void = { _ in }
    ) throws(TraceFileError) {
        var copied = 0
        while copied < count {
            let more = try naming(output.name) { () throws(SystemError) in
                try file.copy(
                    min(Self.bite, count - copied), from: start + copied, to: output.descriptor,
                    at: place + copied)
            }
            if more == 0 { throw .malformed(file: name, problem: "it has become shorter while it was read") }
            copied += more
            try progress(more)
        }
    }
}
