import Reactor

// What a decoder of events needs from a trace header.
extension TraceHeader {
    /// Far more bytes than the kernel's symbols have.
    private static let longestText = 64 << 20

    /// Calls `body` with the format of each event and its system, first those of ftrace.
    package func forEachFormat(
        _ body: (_ system: String, _ format: [UInt8]) -> Void
    ) throws(TraceFileError) {
        for format in ftraceFormats { body("ftrace", try text(of: format)) }
        for system in systems {
            for format in system.formats { body(system.name, try text(of: format)) }
        }
    }

    /// A size of 64 bits precedes it.
    private func text(of format: EventSystem.Format) throws(TraceFileError) -> [UInt8] {
        try bytes(format.place.dropFirst(8))
    }

    /// Lines as in `/proc/kallsyms`; empty if the header has none.
    package func symbols() throws(TraceFileError) -> [UInt8] { try bytes(sections[3].dropFirst(4)) }

    /// Lines as in `printk_formats`.
    package func printkFormats() throws(TraceFileError) -> [UInt8] { try bytes(sections[4].dropFirst(4)) }

    /// Lines as in `saved_cmdlines`.
    package func commandLines() throws(TraceFileError) -> [UInt8] { try bytes(sections[5].dropFirst(8)) }

    /// Nanoseconds to add to the times, if the file is to show the time of day: trace-cmd's option DATE; else 0.
    package var dateOffset: Int64 {
        guard let text = options.first(where: { $0.id == HeaderOption.date })?.text else { return 0 }
        let isNegative = text.hasPrefix("-")
        let digits = isNegative ? text.dropFirst() : text[...]
        guard digits.hasPrefix("0x"), let count = Int64(digits.dropFirst(2), radix: 16) else { return 0 }
        let (nanoseconds, overflows) = count.multipliedReportingOverflow(by: isNegative ? -1000 : 1000)
        return overflows ? 0 : nanoseconds
    }

    private func bytes(_ place: Range<Int>) throws(TraceFileError) -> [UInt8] {
        if place.count > Self.longestText {
            throw .malformed(file: name, problem: "\(place.count) bytes of text are too many")
        }
        return try naming(name) { () throws(SystemError) in
            try file.read(place.count, at: place.lowerBound)
        }
    }
}
