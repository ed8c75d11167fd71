import Reactor

/// Assembles a trace.dat from a trace header and one stream of pages per CPU.
///
/// The file has version 6, or version 7 if the pages are from a trace instance: version 6 has no good place for its name.
///
/// The pages are copied by the kernel, unless they are compressed.
package struct Assembly {
    let header: TraceHeader
    let streams: [CPUStream]
    let format: TraceFileFormat
    let links: [TimeLineOption]

    /// Combines a trace header and streams.
    ///
    /// - Parameters:
    ///   - streams: One per CPU, from CPU 0 on.
    ///   - format: Version 7 if it is `nil` and the pages are those of a trace instance, otherwise version 6.
    ///   - links: Options that the header does not have; a trace id replaces that of the header.
    /// - Throws: `.malformed` if there are more streams than CPUs in the header, or a stream is given twice.
    package init(
        _ header: TraceHeader, _ streams: [CPUStream], as format: TraceFileFormat? = nil,
        linkedBy links: [TimeLineOption] = []
    ) throws(TraceFileError) {
        if streams.count > header.cpus {
            throw .malformed(
                file: header.name,
                problem:
                    "\(streams.count) streams, but the recorded machine has \(header.cpus) CPUs")
        }
        var names: [FileDescriptor.Identity: String] = [:]
        for stream in streams {
            let (identity, size) = try naming(stream.name) { () throws(SystemError) in
                (try stream.file.identity(), try stream.file.size())
            }
            // The same empty file may stand for several CPUs that were not traced.
            if size > 0, let other = names.updateValue(stream.name, forKey: identity) {
                throw .malformed(file: stream.name, problem: "the same file as \(other)")
            }
        }
        self.links = links
        self.header = header
        self.streams = streams
        self.format = format ?? (header.instance.isEmpty ? .version6 : .version7(.none))
    }

    /// The options that the file gets: those of the header, and those that link it to other files.
    var options: [HeaderOption] {
        let linking = links.map { $0.option(in: header.layout.order) }
        return header.options.filter { option in !linking.contains { $0.id == option.id } } + linking
    }

    /// Checks that the file at `path` is not one of the input files.
    ///
    /// - Throws: `.malformed` if it is.
    package func refuse(asOutput path: String) throws(TraceFileError) {
        guard (try? FileDescriptor.Kind(of: path)) == .regular,
            let existing = try? FileDescriptor.open(path, [.readOnly, .nonBlocking])
        else { return }
        let isHeader = try naming(path) { () throws(SystemError) in try existing.isSameFile(as: header.file) }
        let isStream = streams.contains { (try? existing.isSameFile(as: $0.file)) == true }
        if isHeader || isStream {
            throw .malformed(file: path, problem: "the output is one of the input files")
        }
    }

    /// Called with the number of bytes that were checked or copied since the last call.
    package typealias Progress = (_ count: Int) throws(TraceFileError) -> Void

    /// Bytes of all streams.
    package func size() throws(TraceFileError) -> Int {
        var total = 0
        for stream in streams {
            let size = try naming(stream.name) { () throws(SystemError) in try stream.file.size() }
            if size > Self.largestStream {
                throw .malformed(
                    file: stream.name,
                    problem: "\(size) bytes are too many (limit \(Self.largestStream))")
            }
            total += size
        }
        return total
    }

    /// Checks every page, without writing anything: see `CPUStream.survey`.
    package func survey(
        salvaging: Bool = false, types: EventTypes? = nil, progress: Progress = { _ in }
    ) throws(TraceFileError) -> [StreamSurvey] {
        var surveys: [StreamSurvey] = []
        for stream in streams {
            surveys.append(
                try stream.survey(header.layout, salvaging: salvaging, types: types, progress: progress))
        }
        return surveys
    }

    /// The contents of the files that have to be written: the n-th one has the n-th part of each stream.
    ///
    /// - Returns: For each file, one part per stream; an empty part for a stream that has fewer.
    package static func files(_ surveys: [StreamSurvey]) -> [[StreamPart]] {
        let count = surveys.map(\.parts.count).max() ?? 1
        return (0..<count).map { index in
            surveys.map { $0.parts.indices.contains(index) ? $0.parts[index] : StreamPart() }
        }
    }

    /// Writes a file.
    ///
    /// - Parameter contents: One of the `files`.
    package func write(
        _ contents: [StreamPart], to output: NamedFile, progress: Progress = { _ in }
    ) throws(TraceFileError) {
        var file = SequentialFile(output)
        switch format {
        case .version6: try writeVersion6(contents, to: &file, progress: progress)
        case .version7(let compression):
            let compressor = compression == .zstd ? try ZstdCompressor() : nil
            try writeVersion7(contents, to: &file, with: compressor, progress: progress)
        }
        try file.finish()
    }

    /// The limit of a stream's bytes: with 8192 streams, all places still fit into an `Int`.
    private static let largestStream = 1 << 48
}
