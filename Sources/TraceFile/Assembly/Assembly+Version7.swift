/// The layout of version 7, without compression: trace-cmd.dat.v7(5).
extension Assembly {
    func planVersion7(_ contents: [StreamPart]) -> FilePlan {
        var plan = FilePlan()
        plan.add(
            TraceHeader.magic + Array("7".utf8) + [0, header.layout.order == .little ? 0 : 1]
                + [UInt8(header.layout.longSize)] + number(UInt32(header.layout.pageSize))
                + Array("none".utf8) + [0, 0])
        // The options contain the places of everything else, so they are at the end; their own place is patched in.
        let optionsPlace = plan.end
        plan.skip(to: optionsPlace + 8)
        var options: [UInt8] = []
        for (index, section) in header.sections.enumerated() {
            let id = Self.firstSection + UInt16(index)
            options += option(id, number(UInt64(plan.end)))
            addSection(id, section.count, to: &plan)
            plan.add(header: section)
        }
        // trace-cmd takes the unit of the times from the clock option, not from the clock of the instance.
        for entry in header.options where entry.id != TraceHeader.Option.buffer {
            options += bytes(of: entry)
        }
        options += option(Self.cpuCount, number(UInt32(streams.count)))
        options += addBuffer(contents, to: &plan)
        let place = plan.end
        options += option(0, number(UInt64(0)))
        addSection(0, options.count, to: &plan)
        plan.add(options)
        plan.add(number(UInt64(place)), at: optionsPlace)
        return plan
    }

    /// HEADER_INFO, the first of the sections in `header.sections`.
    private static let firstSection: UInt16 = 16
    private static let cpuCount: UInt16 = 8

    /// Adds a section's header: its id, no flags (not compressed), no description, its size.
    private func addSection(_ id: UInt16, _ size: Int, to plan: inout FilePlan) {
        plan.add(number(id) + number(UInt16(0)) + number(Int32(-1)) + number(UInt64(size)))
    }

    private func option(_ id: UInt16, _ data: [UInt8]) -> [UInt8] {
        bytes(of: TraceHeader.Option(id: id, data: data))
    }

    /// Adds the pages of the instance.
    ///
    /// - Returns: The options with their places; that of the top-level buffer, which has no pages, comes first.
    private func addBuffer(_ contents: [StreamPart], to plan: inout FilePlan) -> [UInt8] {
        let section = plan.end
        var pages = FilePlan()
        pages.skip(to: section + 16)
        var table: [UInt8] = []
        for (index, entry) in contents.enumerated() where entry.bytes > 0 {
            pages.align(to: header.layout.pageSize)
            table += number(UInt32(index)) + number(UInt64(pages.end)) + number(UInt64(entry.bytes))
            pages.add(stream: index, entry)
        }
        addSection(TraceHeader.Option.buffer, pages.end - section - 16, to: &plan)
        plan.append(pages)
        let used = contents.count { $0.bytes > 0 }
        return buffer("", section, count: 0, table: [])
            + buffer(header.instance, section, count: used, table: table)
    }

    private func buffer(_ name: String, _ section: Int, count: Int, table: [UInt8]) -> [UInt8] {
        option(
            TraceHeader.Option.buffer,
            number(UInt64(section)) + name.utf8 + [0] + header.clock.utf8 + [0]
                + number(UInt32(header.layout.pageSize)) + number(UInt32(count)) + table)
    }
}
