import Reactor

/// The part of a version 6 trace.dat that stands before the pages: what a decoder has to know of the kernel that
/// recorded them.
///
/// It is a trace.dat up to its options, so `trace-cmd restore -i` takes it too: trace-cmd.dat.v6(5).
package final class TraceHeader: Sendable {
    package let name: String
    let file: FileDescriptor
    /// Where it begins in the file: after the answer to the order `metadata`, if that was caught with it.
    let start: Int
    package let layout: PageLayout
    /// CPUs of the machine that recorded.
    package let cpus: Int
    let options: [Option]
    /// Every clock, the one in use in brackets: `[local] global ...`.
    let clocks: String
    /// The clock that the pages' times are of; empty if the header does not say.
    package let clock: String
    /// Where each part lies that a version 7 file has a section for, in the order of their ids from 16 on: header_page
    /// and header_event, ftrace's formats, the event systems' formats, symbols, printk formats, command lines.
    let parts: [Range<Int>]
    /// Where the CPU count stands, after the formats, symbols and names: what is copied as it is ends there.
    let cpuCountOffset: Int
    /// Bytes from `start` to its end.
    package let size: Int

    /// One option: `data` in the file's byte order.
    struct Option: Equatable, Sendable {
        let id: UInt16
        let data: [UInt8]

        static let cpuStats: UInt16 = 2
        static let buffer: UInt16 = 3
        static let traceClock: UInt16 = 4
        static let uname: UInt16 = 5
        static let version: UInt16 = 9
        static let traceID: UInt16 = 11
    }

    static let magic: [UInt8] = [0x17, 0x08, 0x44] + Array("tracing".utf8)
    static let optionsMark = Array("options  ".utf8) + [0]

    /// Reads the header in `file`.
    ///
    /// - Throws: `.malformed` if it is none, another version's, or cut short.
    package init(_ file: consuming FileDescriptor, name: String) throws(TraceFileError) {
        var cursor = try HeaderCursor(file, name: name)
        start = try cursor.skipAnswer()
        try cursor.expect(Self.magic, as: "a header")
        let version = try cursor.string("the version", limit: 8)
        guard version == "6" else {
            throw .malformed(
                file: name,
                problem:
                    "no header of version 6, which the order metadata is answered with: see trace-cmd restore -i"
            )
        }
        let endianness = try cursor.bytes(2, "the byte order")
        guard endianness[0] <= 1 else {
            throw .malformed(file: name, problem: "an unknown byte order: \(endianness[0])")
        }
        cursor.order = endianness[0] == 0 ? .little : .big
        let pageSize = try cursor.number(UInt32.self, "the page size")
        var bounds = [cursor.offset]
        layout = try Self.readLayout(&cursor)
        if pageSize != layout.pageSize {
            throw .malformed(
                file: name, problem: "a page has \(pageSize) bytes, but by its header_page \(layout.pageSize)"
            )
        }
        bounds.append(cursor.offset)
        try Self.skipFtraceFormats(&cursor)
        bounds.append(cursor.offset)
        try Self.skipFormats(&cursor)
        bounds.append(cursor.offset)
        try cursor.skip(Int(try cursor.number(UInt32.self, "the symbols' size")), "the symbols")
        bounds.append(cursor.offset)
        try cursor.skip(Int(try cursor.number(UInt32.self, "the printk formats' size")), "the printk formats")
        bounds.append(cursor.offset)
        try cursor.skip(cursor.size("the command lines' size"), "the command lines")
        bounds.append(cursor.offset)
        parts = zip(bounds, bounds.dropFirst()).map { $0..<$1 }
        cpuCountOffset = cursor.offset - start
        cpus = Int(try cursor.number(UInt32.self, "the CPU count"))
        guard (1...8192).contains(cpus) else {
            throw .malformed(file: name, problem: "the header of a machine of \(cpus) CPUs")
        }
        let options = try Self.readOptions(&cursor)
        clocks = Self.text(Option.traceClock, in: options) ?? ""
        clock = Self.clockInUse(clocks) ?? ""
        // A reader that is told of a clock wants to hear which.
        self.options = clock.isEmpty ? options.filter { $0.id != Option.traceClock } : options
        size = cursor.offset - start
        self.name = name
        self.file = cursor.releaseFile()
    }

    /// Opens the header at `path`.
    package convenience init(opening path: String) throws(TraceFileError) {
        try self.init(try openRegularFile(path), name: path)
    }

    private static func readLayout(_ cursor: inout HeaderCursor) throws(TraceFileError) -> PageLayout {
        try cursor.expect(Array("header_page".utf8) + [0], as: "header_page")
        let size = try cursor.size("header_page's size")
        let text = String(decoding: try cursor.bytes(size, "header_page"), as: UTF8.self)
        guard let layout = PageLayout(headerPage: text, order: cursor.order) else {
            throw .malformed(
                file: cursor.name, problem: "its header_page does not say how a page is laid out")
        }
        try cursor.expect(Array("header_event".utf8) + [0], as: "header_event")
        try cursor.skip(cursor.size("header_event's size"), "header_event")
        return layout
    }

    private static func skipFtraceFormats(_ cursor: inout HeaderCursor) throws(TraceFileError) {
        let formats = try cursor.number(UInt32.self, "the number of ftrace formats")
        for _ in 0..<formats { try cursor.skip(cursor.size("a format's size"), "an ftrace format") }
    }

    private static func skipFormats(_ cursor: inout HeaderCursor) throws(TraceFileError) {
        let systems = try cursor.number(UInt32.self, "the number of event systems")
        for _ in 0..<systems {
            let system = try cursor.string("an event system's name", limit: 256)
            let events = try cursor.number(UInt32.self, "the number of events of \(system)")
            for _ in 0..<events {
                try cursor.skip(cursor.size("a format's size"), "a format of \(system)")
            }
        }
    }

    private static func readOptions(_ cursor: inout HeaderCursor) throws(TraceFileError) -> [Option] {
        try cursor.expect(optionsMark, as: "the options")
        var options: [Option] = []
        while true {
            let id = try cursor.number(UInt16.self, "an option")
            if id == 0 { return options }
            let size = Int(try cursor.number(UInt32.self, "an option's size"))
            options.append(Option(id: id, data: try cursor.bytes(size, "option \(id)")))
        }
    }

    /// An option's text, without the NUL at its end.
    private static func text(_ id: UInt16, in options: [Option]) -> String? {
        guard let option = options.first(where: { $0.id == id }) else { return nil }
        return String(decoding: option.data.prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The one of `[local] global ...` that is in brackets.
    static func clockInUse(_ clocks: String) -> String? {
        guard let start = clocks.firstIndex(of: "["), let end = clocks[start...].firstIndex(of: "]") else {
            return nil
        }
        return String(clocks[start..<end].dropFirst())
    }

    /// The trace instance whose pages belong to it; empty for the top-level rings.
    package var instance: String {
        // In front of the name is where its data would be.
        guard let option = options.first(where: { $0.id == Option.buffer }) else { return "" }
        return String(decoding: option.data.dropFirst(8).prefix { $0 != 0 }, as: UTF8.self)
    }

    /// The machine that recorded, as uname(2) has it.
    package var machine: String { Self.text(Option.uname, in: options) ?? "" }

    /// Events that the kernel had read from a CPU's ring when the header was made; `nil` if the header does not say.
    package func eventsRead(cpu: Int) -> Int? {
        for option in options where option.id == Option.cpuStats {
            let lines = String(decoding: option.data.prefix { $0 != 0 }, as: UTF8.self).split(separator: "\n")
            guard lines.first == "CPU: \(cpu)" else { continue }
            let mark = "read events: "
            return lines.first { $0.hasPrefix(mark) }.flatMap { Int($0.dropFirst(mark.count)) }
        }
        return nil
    }
}
