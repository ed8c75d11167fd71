import Reactor

/// A trace.dat without the formats that no decoder needs for its pages: those of 2300 events have 2 MB.
extension Assembly {
    /// The position of the event systems' formats in `header.sections`; those of ftrace, which are few, are kept.
    private static let formatsSection = 2

    /// The same assembly with a header that has only the formats of `types`, and those of ftrace.
    package func compacted(to types: EventTypes) throws(TraceFileError) -> Assembly {
        let name = header.name
        let memory = NamedFile(
            try naming(name) { () throws(SystemError) in try .inMemory("trace-header") }, name: name)
        var file = SequentialFile(memory)
        let formats = header.sections[Self.formatsSection]
        try file.copy(header.start..<formats.lowerBound, of: header.file, named: name)
        let systems = header.systems.map { system in
            EventSystem(
                name: system.name,
                formats: system.formats.filter { $0.type.map(types.contains) == true })
        }.filter { !$0.formats.isEmpty }
        try file.add(number(UInt32(systems.count)))
        for system in systems {
            try file.add(Array(system.name.utf8) + [0] + number(UInt32(system.formats.count)))
            for format in system.formats { try file.copy(format.place, of: header.file, named: name) }
        }
        try file.copy(formats.upperBound..<header.start + header.size, of: header.file, named: name)
        let copy = try naming(name) { () throws(SystemError) in try memory.descriptor.duplicate() }
        return try Assembly(TraceHeader(copy, name: name), streams, as: format, linkedBy: links)
    }
}
