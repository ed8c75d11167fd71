import Reactor

/// The part of a version 6 trace.dat before the pages, which a decoder needs: it describes the kernel that recorded them.
///
/// It is a trace.dat up to and including its options, so `trace-cmd restore -i` accepts it too: trace-cmd.dat.v6(5).
package final class TraceHeader: Sendable {
    package let name: String
    let file: FileDescriptor
    /// The byte of the file at which the header starts: not 0 if the agent's answers precede it.
    let start: Int
    package let layout: PageLayout
    /// CPUs of the machine that recorded.
    package let cpus: Int
    /// Those that a file gets, without the one that names the instance.
    let options: [HeaderOption]
    /// Events that had been read from the ring buffers of CPUs when the header was made, and when the agent had last begun to
    /// stream; those that the header has the number of.
    private let eventsRead: (now: [Int: Int], atStart: [Int: Int])
    /// The machine that recorded, as uname(2) describes it; empty if the header does not.
    package let machine: String
    /// The trace instance that recorded the pages; empty for the top-level one.
    package let instance: String
    /// The trace clock of the pages' timestamps; empty if the header does not name it.
    package let clock: String
    /// The bounds in the file of each section that version 7 has too: see `HeaderSections`.
    let sections: [Range<Int>]
    /// The formats in one of them.
    let systems: [EventSystem]
    /// The formats of ftrace's own events, in another one.
    let ftraceFormats: [EventSystem.Format]
    /// Bytes from `start` to the CPU count, which follows the sections: an assembly copies this part unchanged.
    let cpuCountOffset: Int
    /// Bytes from `start` to the end of the header.
    package let size: Int

    static let magic: [UInt8] = [0x17, 0x08, 0x44] + Array("tracing".utf8)
    static let optionsMark = Array("options  ".utf8) + [0]

    static let largestCPUCount = 8192
    /// Those of as many CPUs, which have one each, and more than all others.
    private static let mostOptions = 2 * largestCPUCount
    /// Far more bytes than the options of as many CPUs have.
    private static let largestOptions = 16 << 20

    /// Reads the trace header in `file`.
    ///
    /// - Parameter name: The name in messages.
    /// - Throws: `.malformed` if it is not a trace header, has another version, or is truncated.
    package init(_ file: consuming FileDescriptor, name: String) throws(TraceFileError) {
        var cursor = try HeaderCursor(file, name: name)
        start = try cursor.skipAnswers()
        try Self.readInitialFormat(&cursor)
        let sections = try HeaderSections(&cursor)
        layout = sections.layout
        self.sections = sections.bounds
        systems = sections.systems
        ftraceFormats = sections.ftraceFormats
        cpuCountOffset = cursor.offset - start
        cpus = Int(try cursor.number(UInt32.self, "the CPU count"))
        guard (1...Self.largestCPUCount).contains(cpus) else {
            throw .malformed(
                file: name, problem: "invalid CPU count \(cpus): not from 1 to \(Self.largestCPUCount)")
        }
        let options = try Self.readOptions(&cursor)
        eventsRead = (
            Self.eventsRead("read events: ", in: options), Self.eventsRead(CPUStats.readAtStart, in: options)
        )
        let clock = Self.text(HeaderOption.traceClock, in: options).flatMap(Self.clockInUse)
        self.clock = clock ?? ""
        machine = Self.text(HeaderOption.uname, in: options) ?? ""
        // The name follows the 64-bit offset of the instance's pages.
        let buffer = options.first { $0.id == HeaderOption.buffer }?.data ?? []
        instance = String(decoding: buffer.dropFirst(8).prefix { $0 != 0 }, as: UTF8.self)
        // A reader that finds a clock option expects one clock in it to be marked.
        self.options = options.compactMap { $0.id == HeaderOption.traceClock && clock == nil ? nil : $0.copy }
        size = cursor.offset - start
        self.name = name
        self.file = cursor.releaseFile()
    }

    /// Opens the trace header at `path`.
    package convenience init(opening path: String) throws(TraceFileError) {
        try self.init(try openRegularFile(path), name: path)
    }

    /// Reads up to the page size, and sets the byte order of `cursor`.
    private static func readInitialFormat(_ cursor: inout HeaderCursor) throws(TraceFileError) {
        try cursor.expect(magic, as: "the magic number")
        let version = try cursor.string("the version", limit: 8)
        guard version == "6" else {
            throw .malformed(
                file: cursor.name,
                problem:
                    "not a trace header of version 6 (the order metadata returns one); for other files use trace-cmd restore -i"
            )
        }
        // The byte order, and the size of a `long` in user space, which says nothing about the kernel's.
        let bytes = try cursor.bytes(2, "the byte order")
        guard bytes[0] <= 1 else {
            throw .malformed(file: cursor.name, problem: "unknown byte order: \(bytes[0])")
        }
        cursor.order = bytes[0] == 0 ? .little : .big
    }

    private static func readOptions(_ cursor: inout HeaderCursor) throws(TraceFileError) -> [HeaderOption] {
        try cursor.expect(optionsMark, as: "the options")
        var options: [HeaderOption] = []
        var total = 0
        while true {
            let id = try cursor.number(UInt16.self, "an option")
            if id == 0 { return options }
            let size = Int(try cursor.number(UInt32.self, "an option's size"))
            total += size
            guard options.count < mostOptions, total <= largestOptions else {
                throw .malformed(
                    file: cursor.name,
                    problem: "more than \(mostOptions) options, or \(largestOptions) bytes of them")
            }
            options.append(HeaderOption(id: id, data: try cursor.bytes(size, "option \(id)")))
        }
    }

    /// The text of an option, without the NUL at its end.
    private static func text(_ id: UInt16, in options: [HeaderOption]) -> String? {
        options.first { $0.id == id }?.text
    }

    /// The clock in brackets in `[local] global ...`; `nil` if there is none.
    static func clockInUse(_ clocks: String) -> String? {
        let marked = clocks.split { $0 == " " || $0 == "\n" }.first { $0.hasPrefix("[") }
        guard let marked, marked.hasSuffix("]"), marked.count > 2 else { return nil }
        return String(marked.dropFirst().dropLast())
    }

    /// Events that were read from each CPU's ring buffer since it was created or cleared, by CPU; 0 if that is unknown.
    package var readByCPU: [Int] { (0..<cpus).map { eventsRead(cpu: $0) ?? 0 } }

    /// Events that had been read from a CPU's ring buffer when the header was made; `nil` if the header lacks the number.
    package func eventsRead(cpu: Int) -> Int? { eventsRead.now[cpu] }

    /// Events that were read since the agent had last begun to stream; `nil` if the header lacks a number.
    package func eventsReadSinceStart(cpu: Int) -> Int? {
        guard let read = eventsRead.now[cpu], let start = eventsRead.atStart[cpu], start <= read else {
            return nil
        }
        return read - start
    }

    private static func eventsRead(_ mark: String, in options: [HeaderOption]) -> [Int: Int] {
        var counts: [Int: Int] = [:]
        for option in options where option.id == HeaderOption.cpuStats {
            let lines = option.text.split(separator: "\n")
            let cpu = lines.first.flatMap { number(after: "CPU: ", in: $0) }
            let read = lines.lazy.compactMap { number(after: mark, in: $0) }.first
            if let cpu, counts[cpu] == nil { counts[cpu] = read }
        }
        return counts
    }

    private static func number(after mark: String, in line: Substring) -> Int? {
        guard line.hasPrefix(mark), let number = Int(line.dropFirst(mark.count)), number >= 0 else {
            return nil
        }
        return number
    }
}
