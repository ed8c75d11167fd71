/// The sections of a trace header before its CPU count: their bounds in the file, and the page layout in the first.
struct HeaderSections {
    let layout: PageLayout
    /// The bounds of each section that has an id in version 7, in the order of these ids from 16 on: header_page and
    /// header_event, ftrace's formats, the event systems' formats, symbols, printk formats, command lines.
    let bounds: [Range<Int>]
    let systems: [EventSystem]
    let ftraceFormats: [EventSystem.Format]

    /// Reads the sections, from the page size on.
    ///
    /// - Throws: `.malformed` if a section is invalid or truncated.
    init(_ cursor: inout HeaderCursor) throws(TraceFileError) {
        let pageSize = try cursor.number(UInt32.self, "the page size")
        var edges = [cursor.offset]
        layout = try Self.readLayout(&cursor)
        if pageSize != layout.pageSize {
            throw .malformed(
                file: cursor.name,
                problem: "the page size is \(pageSize) bytes, but \(layout.pageSize) in header_page")
        }
        edges.append(cursor.offset)
        ftraceFormats = try Self.readFtraceFormats(&cursor)
        edges.append(cursor.offset)
        systems = try Self.readSystems(&cursor)
        edges.append(cursor.offset)
        try cursor.skip(Int(try cursor.number(UInt32.self, "the symbols' size")), "the symbols")
        edges.append(cursor.offset)
        try cursor.skip(Int(try cursor.number(UInt32.self, "the printk formats' size")), "the printk formats")
        edges.append(cursor.offset)
        try cursor.skip(cursor.size("the command lines' size"), "the command lines")
        edges.append(cursor.offset)
        bounds = zip(edges, edges.dropFirst()).map { $0..<$1 }
    }

    private static func readLayout(_ cursor: inout HeaderCursor) throws(TraceFileError) -> PageLayout {
        try cursor.expect(Array("header_page".utf8) + [0], as: "header_page")
        let size = try cursor.size("header_page's size")
        let text = String(decoding: try cursor.bytes(size, "header_page"), as: UTF8.self)
        guard let layout = PageLayout(headerPage: text, order: cursor.order) else {
            throw .malformed(file: cursor.name, problem: "header_page does not describe the page layout")
        }
        try cursor.expect(Array("header_event".utf8) + [0], as: "header_event")
        try cursor.skip(cursor.size("header_event's size"), "header_event")
        return layout
    }

    private static func readFtraceFormats(
        _ cursor: inout HeaderCursor
    ) throws(TraceFileError) -> [EventSystem.Format] {
        let count = try count("the number of ftrace formats", &cursor)
        var formats: [EventSystem.Format] = []
        for _ in 0..<count { formats.append(try readFormat("an ftrace format", &cursor)) }
        return formats
    }

    private static func readSystems(_ cursor: inout HeaderCursor) throws(TraceFileError) -> [EventSystem] {
        let count = try Self.count("the number of event systems", &cursor)
        var systems: [EventSystem] = []
        var total = 0
        for _ in 0..<count {
            let system = try cursor.string("an event system's name", limit: 256)
            let events = try Self.count("the number of events of \(system)", &cursor)
            total += events
            if total > mostEvents {
                throw .malformed(file: cursor.name, problem: "more than \(mostEvents) event formats")
            }
            var formats: [EventSystem.Format] = []
            for _ in 0..<events { formats.append(try readFormat("a format of \(system)", &cursor)) }
            systems.append(EventSystem(name: system, formats: formats))
        }
        return systems
    }

    /// Reads the place of an event's format, and its number.
    ///
    /// - Throws: `.malformed` if it has a control character, or an array without an end: trace-cmd crashes.
    private static func readFormat(
        _ part: String, _ cursor: inout HeaderCursor
    ) throws(TraceFileError) -> EventSystem.Format {
        let place = cursor.offset
        let size = try cursor.size("a format's size")
        let start = cursor.offset
        let text = try cursor.bytes(size, part)
        let isText = text.allSatisfy { ($0 >= 0x20 && $0 != 0x7f) || $0 == 0x09 || $0 == 0x0a }
        let areArraysClosed = text.split(separator: 0x0a).allSatisfy { line in
            let declaration = line.prefix { $0 != 0x3b }
            return !line.starts(with: field)
                || declaration.count { $0 == 0x5b } == declaration.count { $0 == 0x5d }
        }
        if isText, areArraysClosed {
            return EventSystem.Format(
                type: FormatStore.field("ID: ", of: text).flatMap { UInt16($0) }, place: place..<cursor.offset
            )
        }
        throw .malformed(file: cursor.name, problem: "\(part) is not one of tracefs, at byte \(start)")
    }

    private static let field = Array("\tfield:".utf8)

    /// Linux numbers events with 16 bits.
    private static let mostEvents = 1 << 16

    private static func count(_ part: String, _ cursor: inout HeaderCursor) throws(TraceFileError) -> Int {
        let count = Int(try cursor.number(UInt32.self, part))
        if count <= mostEvents { return count }
        throw .malformed(file: cursor.name, problem: "\(part) is \(count), more than \(mostEvents)")
    }
}
