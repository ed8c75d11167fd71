/// The layout of version 7: trace-cmd.dat.v7(5).
extension Assembly {
    func writeVersion7(
        _ contents: [StreamPart], to file: inout SequentialFile, with compressor: ZstdCompressor?,
        progress: Progress
    ) throws(TraceFileError) {
        try file.add(
            TraceHeader.magic + Array("7".utf8) + [0, header.layout.order == .little ? 0 : 1]
                + [UInt8(header.layout.longSize)] + number(UInt32(header.layout.pageSize))
                + (compressor == nil ? Array("none".utf8) : ZstdCompressor.name) + [0]
                + (compressor == nil ? [] : ZstdCompressor.version) + [0])
        // The options contain the places of everything else, so they are at the end; their own place is written last.
        let optionsPlace = file.end
        file.skip(8)
        var options: [UInt8] = []
        for (index, section) in header.sections.enumerated() {
            let id = Self.firstSection + UInt16(index)
            options += option(id, number(UInt64(file.end)))
            if let compressor, let body = try compressed(section, with: compressor) {
                try file.add(sectionHeader(id, body.count, isCompressed: true) + body)
            } else {
                try file.add(sectionHeader(id, section.count))
                try file.copy(section, of: header.file, named: header.name)
            }
        }
        // trace-cmd takes the unit of the times from the clock option, not from the clock of the instance.
        for entry in self.options { options += bytes(of: entry) }
        options += option(HeaderOption.cpuCount, number(UInt32(streams.count)))
        options += try addBuffer(contents, to: &file, with: compressor, progress)
        options += option(0, number(UInt64(0)))
        try file.overwrite(number(UInt64(file.end)), at: optionsPlace)
        try file.add(sectionHeader(0, options.count) + options)
    }

    /// HEADER_INFO, the first of the sections in `header.sections`.
    private static let firstSection: UInt16 = 16

    /// A section's header: its id, the flag of compression, no description, its size.
    private func sectionHeader(_ id: UInt16, _ size: Int, isCompressed: Bool = false) -> [UInt8] {
        number(id) + number(UInt16(isCompressed ? 1 : 0)) + number(Int32(-1)) + number(UInt64(size))
    }

    private func option(_ id: UInt16, _ data: [UInt8]) -> [UInt8] {
        bytes(of: HeaderOption(id: id, data: data))
    }

    /// Adds the pages.
    ///
    /// - Returns: The options with their places. That of the top-level buffer comes first; it has no pages if they are
    ///   those of a trace instance.
    private func addBuffer(
        _ contents: [StreamPart], to file: inout SequentialFile, with compressor: ZstdCompressor?,
        _ progress: Progress
    ) throws(TraceFileError) -> [UInt8] {
        let section = file.end
        file.skip(16)
        var table: [UInt8] = []
        for (index, part) in contents.enumerated() where part.bytes > 0 {
            file.align(to: header.layout.pageSize)
            let place = file.end
            if let compressor {
                try compress(part, ofStream: index, to: &file, with: compressor, progress)
            } else {
                try copy(part, ofStream: index, to: &file, progress)
            }
            table += number(UInt32(index)) + number(UInt64(place)) + number(UInt64(file.end - place))
        }
        let size = file.end - section - 16
        try file.overwrite(
            sectionHeader(HeaderOption.buffer, size, isCompressed: compressor != nil), at: section)
        let count = contents.count { $0.bytes > 0 }
        let pages = buffer(header.instance, section, count: count, table: table)
        return header.instance.isEmpty ? pages : buffer("", section, count: 0, table: []) + pages
    }

    private func buffer(_ name: String, _ section: Int, count: Int, table: [UInt8]) -> [UInt8] {
        option(
            HeaderOption.buffer,
            number(UInt64(section)) + name.utf8 + [0] + header.clock.utf8 + [0]
                + number(UInt32(header.layout.pageSize)) + number(UInt32(count)) + table)
    }
}
