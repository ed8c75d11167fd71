/// The layout of version 6: trace-cmd.dat.v6(5).
extension Assembly {
    func planVersion6(_ contents: [StreamPart]) -> FilePlan {
        var plan = FilePlan()
        // The header without its CPU count and its options: both are written anew.
        plan.add(header: header.start..<header.start + header.cpuCountOffset)
        var middle = number(UInt32(streams.count)) + TraceHeader.optionsMark
        for option in header.options { middle += bytes(of: option) }
        middle += number(UInt16(0)) + Array("flyrecord".utf8) + [0]
        let clock = header.clock.isEmpty ? [] : Array("[\(header.clock)]".utf8)
        let clockSize = clock.isEmpty ? [] : number(UInt64(clock.count))
        // The table with the places of each CPU's pages: its own length is known, so the places are too.
        var pages = FilePlan()
        let tableSize = contents.count * 16 + clockSize.count + clock.count
        pages.skip(to: plan.end + middle.count + tableSize)
        for (index, entry) in contents.enumerated() {
            pages.align(to: header.layout.pageSize)
            middle += number(UInt64(pages.end)) + number(UInt64(entry.bytes))
            pages.add(stream: index, entry)
        }
        plan.add(middle + clockSize + clock)
        plan.append(pages)
        return plan
    }

    func number(_ number: some FixedWidthInteger) -> [UInt8] { header.layout.order.bytes(number) }

    func bytes(of option: TraceHeader.Option) -> [UInt8] {
        number(option.id) + number(UInt32(option.data.count)) + option.data
    }
}
