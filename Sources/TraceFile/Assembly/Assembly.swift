import Reactor

/// Puts a header and one stream of pages a CPU together: a trace.dat of version 6, or of version 7 if the pages are of a
/// trace instance, whose name and clock version 6 has no good place for.
///
/// The pages are copied by the kernel.
package struct Assembly {
    let header: TraceHeader
    let streams: [CPUStream]

    /// - Parameter streams: The first is CPU 0's.
    /// - Throws: `.malformed` if there are more than the header's machine has CPUs, or one is given twice.
    package init(_ header: TraceHeader, _ streams: [CPUStream]) throws(TraceFileError) {
        if streams.count > header.cpus {
            throw .malformed(
                file: header.name,
                problem:
                    "the header of a machine of \(header.cpus) CPUs, but there are \(streams.count) streams")
        }
        for (index, stream) in streams.enumerated() {
            for other in streams[..<index] {
                let isSame = try naming(stream.name) { () throws(SystemError) in
                    try stream.file.isSameFile(as: other.file)
                }
                // An empty one stands for any CPU that was not traced.
                let isEmpty = try naming(stream.name) { () throws(SystemError) in
                    try stream.file.size() == 0
                }
                if isSame, !isEmpty {
                    throw .malformed(file: stream.name, problem: "the same file as \(other.name)")
                }
            }
        }
        self.header = header
        self.streams = streams
    }

    /// Makes sure that the file at `path` is none of those that this one is made of.
    package func refuse(asOutput path: String) throws(TraceFileError) {
        guard (try? FileDescriptor.Kind(of: path)) == .regular,
            let there = try? FileDescriptor.open(path, [.readOnly, .nonBlocking])
        else { return }
        let isHeader = try naming(path) { () throws(SystemError) in try there.isSameFile(as: header.file) }
        let isStream = streams.contains { (try? there.isSameFile(as: $0.file)) == true }
        if isHeader || isStream {
            throw .malformed(file: path, problem: "one of the files that it is to be made of")
        }
    }

    /// What work has been done, of how much: bytes looked at and copied.
    package typealias Progress = (_ done: Int, _ total: Int) throws(TraceFileError) -> Void

    /// Looks at every page; nothing is written yet.
    ///
    /// - Returns: What each stream holds.
    package func survey(progress: Progress = { _, _ in }) throws(TraceFileError) -> [CPUStream.Contents] {
        var total = 0
        for stream in streams {
            let size = try naming(stream.name) { () throws(SystemError) in try stream.file.size() }
            if size > Self.largestStream {
                throw .malformed(file: stream.name, problem: "\(size) bytes are too many")
            }
            total += size
        }
        var done = 0
        var contents: [CPUStream.Contents] = []
        for stream in streams {
            contents.append(
                try stream.survey(header.layout) { count throws(TraceFileError) in
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
        let plan = header.instance.isEmpty ? planVersion6(contents) : planVersion7(contents)
        for piece in plan.pieces {
            switch piece.content {
            case .bytes(let bytes):
                try naming(output.name) { () throws(SystemError) in
                    try output.descriptor.write(bytes, at: piece.place)
                }
            case .header(let range):
                try copy(header.file, named: header.name, range, to: output, at: piece.place)
            case .stream: break
            }
        }
        // What is left between two pieces reads as zeros, at the end too.
        try naming(output.name) { () throws(SystemError) in try output.descriptor.truncate(to: plan.end) }
        let total = contents.reduce(0) { $0 + $1.bytes }
        var done = total
        for piece in plan.pieces {
            guard case .stream(let index, let bytes) = piece.content else { continue }
            let stream = streams[index]
            try copy(stream.file, named: stream.name, 0..<bytes, to: output, at: piece.place) {
                count throws(TraceFileError) in
                done += count
                try progress(done, 2 * total)
            }
        }
    }

    /// There are at most 8192 of them, and their places have to be numbers.
    private static let largestStream = 1 << 48

    /// A bite that leaves time to look up between two.
    private static let bite = 64 << 20

    private func copy(
        _ file: borrowing FileDescriptor, named name: String, _ range: Range<Int>, to output: NamedFile,
        at place: Int, progress: (Int) throws(TraceFileError) -> Void = { _ in }
    ) throws(TraceFileError) {
        var copied = 0
        while copied < range.count {
            let more = try naming(output.name) { () throws(SystemError) in
                try file.copy(
                    min(Self.bite, range.count - copied), from: range.lowerBound + copied,
                    to: output.descriptor, at: place + copied)
            }
            if more == 0 { throw .malformed(file: name, problem: "it has become shorter while it was read") }
            copied += more
            try progress(more)
        }
    }
}
