import Reactor

/// Writes a trace header of this machine: see `TraceHeader`.
package struct HeaderWriter {
    private var output: BufferedWriter
    private var summary = HeaderSummary()

    /// Far more bytes than any file of tracefs that is read in one piece.
    private static let longestText = 16 << 20

    /// Writes the trace header of this machine in its present state, from the start of `file` on.
    ///
    /// - Parameters:
    ///   - includesAddresses: Whether the header may have kernel addresses: those of symbols and of printk formats.
    ///     Without them, neither file is read.
    ///   - cpus: CPUs of this machine.
    ///   - stats: The counters of its ring buffers.
    ///   - formats: The event formats of earlier headers, which are also in this one; those of new events are added.
    ///   - limit: The most bytes that the header may have.
    ///   - isCancelled: Called before each write; `true` ends the work with `.cancelled`.
    /// - Throws: `.tooLarge` beyond the limit.
    package static func write(
        _ source: HeaderSource, includesAddresses: Bool, cpus: Int, stats: [CPUStats],
        formats: inout FormatStore, to file: NamedFile, limit: Int,
        isCancelled: @escaping () -> Bool = { false }
    ) throws(TraceFileError) -> HeaderSummary {
        var writer = HeaderWriter(output: BufferedWriter(file, limit: limit, isCancelled: isCancelled))
        try writer.update(&formats, from: source.events, isCancelled)
        try writer.addInitialFormat(source)
        try writer.addFormats(formats)
        if includesAddresses {
            try writer.addSymbols(source)
            try writer.addText(source.printkFormats, sizeAs: UInt32.self)
        } else {
            writer.output.add(UInt32(0))
            writer.output.add(UInt32(0))
        }
        try writer.addText(source.commandLines, sizeAs: UInt64.self)
        writer.output.add(UInt32(cpus))
        writer.addOptions(source, stats)
        writer.summary.bytes = try writer.output.finish()
        return writer.summary
    }

    private mutating func addInitialFormat(_ source: HeaderSource) throws(TraceFileError) {
        let pageText = try Self.contents(try source.headerPage.get())
        // Decoders know what it describes.
        let eventText =
            optional { () throws(TraceFileError) in try Self.contents(try source.headerEvent.get()) } ?? []
        guard let layout = PageLayout(headerPage: String(decoding: pageText, as: UTF8.self)) else {
            throw .malformed(
                file: "events/header_page", problem: "does not describe the page layout: unknown kernel")
        }
        summary.pageSize = layout.pageSize
        output.add(raw: TraceHeader.magic)
        output.add("6")
        output.add(raw: [ByteOrder.native == .little ? 0 : 1, UInt8(MemoryLayout<Int>.size)])
        output.add(UInt32(layout.pageSize))
        output.add("header_page")
        output.add(UInt64(pageText.count))
        output.add(raw: pageText)
        output.add("header_event")
        output.add(UInt64(eventText.count))
        output.add(raw: eventText)
    }

    private mutating func update(
        _ formats: inout FormatStore, from events: HeaderSource.File, _ isCancelled: () -> Bool
    ) throws(TraceFileError) {
        do throws(TraceFileError) {
            try formats.update(from: try events.get(), isCancelled: isCancelled)
        } catch {
            guard case .system = error, !formats.isEmpty else { throw error }
            summary.lacks.append("\(error)")
        }
        if formats.hasForgotten {
            summary.lacks.append("formats of removed events, for which there was no room")
        }
        summary.changes = formats.changes
    }

    private mutating func addFormats(_ store: FormatStore) throws(TraceFileError) {
        let ownSystem = "ftrace"
        let systems = store.formatsBySystem
        try add(systems.first { $0.system == ownSystem }?.formats ?? [], of: store)
        let others = systems.filter { $0.system != ownSystem }
        output.add(UInt32(others.count))
        for (system, formats) in others {
            output.add(system)
            try add(formats, of: store)
        }
    }

    /// Adds the number of a system's formats, then the formats.
    private mutating func add(
        _ formats: [FormatStore.Format], of store: FormatStore
    ) throws(TraceFileError) {
        output.add(UInt32(formats.count))
        for format in formats {
            let text = try store.text(of: format)
            output.add(UInt64(text.count))
            output.add(raw: text)
            try output.flushIfLarge()
        }
        summary.events += formats.count
    }

    private mutating func addSymbols(_ source: HeaderSource) throws(TraceFileError) {
        let place = output.end
        output.add(UInt32(0))
        try output.flush()
        let start = output.end
        var filter = SymbolFilter()
        guard let file = optional({ () throws(TraceFileError) in try Self.rewound(try source.symbols.get()) })
        else { return }
        while true {
            let chunk = optional { () throws(TraceFileError) in
                try naming(file.name) { () throws(SystemError) in try file.descriptor.readSome(64 << 10) }
            }
            guard let chunk else { return output.rewind(to: start) }
            output.add(raw: filter.filter(chunk))
            try output.flush()
            if chunk.isEmpty { break }
        }
        if filter.withAddress > 0 {
            summary.symbols = filter.withAddress
            try output.patch(UInt32(output.end - start), at: place)
        } else {
            // Names without addresses are useless.
            output.rewind(to: start)
        }
    }

    /// Adds the size and the content of a file that a decoder can do without.
    private mutating func addText<Size: FixedWidthInteger>(
        _ file: HeaderSource.File, sizeAs: Size.Type
    ) throws(TraceFileError) {
        let text = optional { () throws(TraceFileError) in try Self.contents(try file.get()) } ?? []
        output.add(Size(text.count))
        output.add(raw: text)
        try output.flush()
    }

    private mutating func addOptions(_ source: HeaderSource, _ stats: [CPUStats]) {
        let clocks = optional { () throws(TraceFileError) in try Self.contents(try source.clock.get()) }
        output.add(raw: TraceHeader.optionsMark)
        if let clocks {
            let text = String(decoding: clocks, as: UTF8.self)
            summary.clock = TraceHeader.clockInUse(text) ?? ""
            output.add(HeaderOption.traceClock, text)
        }
        if let offset = source.dateOffset {
            output.add(
                HeaderOption.date, "\(offset < 0 ? "-" : "")0x\(String(offset.magnitude, radix: 16))")
        }
        output.add(HeaderOption.uname, systemName())
        output.add(HeaderOption.version, "virtio-trace-agent \(source.version)")
        output.add(HeaderOption.traceID, ByteOrder.native.bytes(UInt64.random(in: 1 ... .max)))
        if !source.instance.isEmpty {
            output.add(
                HeaderOption.buffer, ByteOrder.native.bytes(UInt64(0)) + source.instance.utf8 + [0])
        }
        for entry in stats { output.add(HeaderOption.cpuStats, "CPU: \(entry.cpu)\n\(entry.text)") }
        output.add(UInt16(0))
    }

    /// What `body` reads; `nil` if it fails, which is noted in the summary: a header without it is worth having.
    private mutating func optional<Value>(_ body: () throws(TraceFileError) -> Value) -> Value? {
        do throws(TraceFileError) {
            return try body()
        } catch {
            summary.lacks.append("\(error)")
            return nil
        }
    }

    /// A file that can have been read before, at its start again.
    private static func rewound(_ file: NamedFile) throws(TraceFileError) -> NamedFile {
        try naming(file.name) { () throws(SystemError) in try file.descriptor.rewind() }
        return file
    }

    /// The whole content of a file that can have been read before.
    private static func contents(_ file: NamedFile) throws(TraceFileError) -> [UInt8] {
        let file = try rewound(file)
        return try naming(file.name) { () throws(SystemError) in
            try file.descriptor.readToEnd(limit: longestText)
        }
    }
}
