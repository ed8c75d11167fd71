/// The layout of version 6: trace-cmd.dat.v6(5).
extension Assembly {
    func writeVersion6(
        _ contents: [StreamPart], to file: inout SequentialFile, progress: Progress
    ) throws(TraceFileError) {
        // The header without its CPU count and its options: both are written anew.
        let start = header.start..<header.start + header.cpuCountOffset
        try file.copy(start, of: header.file, named: header.name)
        var middle = number(UInt32(streams.count)) + TraceHeader.optionsMark
        // The pages of a trace instance become the top-level ones: there is no place for its name.
        for option in options { middle += bytes(of: option) }
        middle += number(UInt16(0)) + Array("flyrecord".utf8) + [0]
        try file.add(middle)
        // The places of each CPU's pages, then the clock once more.
        let table = file.end
        let clock = header.clock.isEmpty ? [] : Array("[\(header.clock)]".utf8)
        let clockText = clock.isEmpty ? [] : number(UInt64(clock.count)) + clock
        file.skip(contents.count * 16 + clockText.count)
        var places: [UInt8] = []
        for (index, part) in contents.enumerated() {
            file.align(to: header.layout.pageSize)
            places += number(UInt64(file.end)) + number(UInt64(part.bytes))
            try copy(part, ofStream: index, to: &file, progress)
        }
        try file.overwrite(places + clockText, at: table)
    }

    func copy(
        _ part: StreamPart, ofStream index: Int, to file: inout SequentialFile, _ progress: Progress
    ) throws(TraceFileError) {
        for range in part.places {
            try file.copy(range, of: streams[index].file, named: streams[index].name, progress: progress)
        }
    }

    func number(_ number: some FixedWidthInteger) -> [UInt8] { header.layout.order.bytes(number) }

    func bytes(of option: HeaderOption) -> [UInt8] {
        number(option.id) + number(UInt32(option.data.count)) + option.data
    }
}
