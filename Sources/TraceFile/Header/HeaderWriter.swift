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
    ///   - cpus: CPUs of this machine.
    ///   - stats: The counters of its ring buffers.
    ///   - limit: The most bytes that the header may have.
    ///   - isCancelled: Called before each write; `true` ends the work with `.cancelled`.
    /// - Throws: `.tooLarge` beyond the limit.
    package static func write(
        _ source: HeaderSource, cpus: Int, stats: [CPUStats], to file: NamedFile, limit: Int,
        isCancelled: () -> Bool = { false }
    ) throws(TraceFileError) -> HeaderSummary {
        try withoutActuallyEscaping(isCancelled) { isCancelled throws(TraceFileError) in
            let output = BufferedWriter(file, limit: limit, isCancelled: isCancelled)
            return try write(source, cpus: cpus, stats: stats, HeaderWriter(output: output))
        }
    }

    private static func write(
        _ source: HeaderSource, cpus: Int, stats: [CPUStats], _ writer: HeaderWriter
    ) throws(TraceFileError) -> HeaderSummary {
        var writer = writer
        try writer.addInitialFormat(source)
        try writer.addFormats(source)
        try writer.addSymbols(source)
        try writer.addText(source.printkFormats, name: "printk_formats", sizeAs: UInt32.self)
        try writer.addText(source.commandLines, name: "saved_cmdlines", sizeAs: UInt64.self)
        writer.output.add(UInt32(cpus))
        try writer.addOptions(source, stats)
        writer.summary.bytes = try writer.output.finish()
        return writer.summary
    }

    private mutating func addInitialFormat(_ source: HeaderSource) throws(TraceFileError) {
        let pageText = try contents(source.headerPage, "events/header_page")
        let eventText = try naming("events/header_event") { () throws(SystemError) in
            try source.events.open("header_event", .readOnly).readToEnd(limit: Self.longestText)
        }
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

    private mutating func addFormats(_ source: HeaderSource) throws(TraceFileError) {
        let ownSystem = "ftrace"
        try addEvents(of: ownSystem, source)
        let names = try naming("events") { () throws(SystemError) in try source.events.names() }
        let place = output.end
        output.add(UInt32(0))
        var systems: UInt32 = 0
        for name in names where name != ownSystem {
            // `events` has files beside the folders of the systems.
            let start = output.end
            output.add(name)
            if try addEvents(of: name, source) == 0 { output.discard(from: start) } else { systems += 1 }
        }
        try output.patch(systems, at: place)
    }

    /// Adds the number of a system's formats, then the formats.
    ///
    /// - Returns: That number; 0 if `system` is not an event system, or was removed.
    @discardableResult
    private mutating func addEvents(of system: String, _ source: HeaderSource) throws(TraceFileError) -> Int {
        let place = output.end
        output.add(UInt32(0))
        var count: UInt32 = 0
        for name in try eventNames(of: system, source) {
            guard let format = try format(of: "\(system)/\(name)", source) else { continue }
            output.add(UInt64(format.count))
            output.add(raw: format)
            count += 1
            try output.flushIfLarge()
        }
        summary.events += Int(count)
        if count > 0 { try output.patch(count, at: place) }
        return Int(count)
    }

    private func eventNames(of system: String, _ source: HeaderSource) throws(TraceFileError) -> [String] {
        do throws(SystemError) {
            return try source.events.open(system, .directory).names()
        } catch  where error.code.meansNoEvent {
            return []
        } catch {
            throw .system(file: "events/\(system)", error)
        }
    }

    /// The format of an event; `nil` if `event` is not an event, or was removed.
    private func format(of event: String, _ source: HeaderSource) throws(TraceFileError) -> [UInt8]? {
        do throws(SystemError) {
            return try source.events.open("\(event)/format", .readOnly).readToEnd(limit: Self.longestText)
        } catch  where error.code.meansNoEvent {
            return nil
        } catch {
            throw .system(file: "events/\(event)/format", error)
        }
    }

    private mutating func addSymbols(_ source: HeaderSource) throws(TraceFileError) {
        let place = output.end
        output.add(UInt32(0))
        guard let file = source.symbols else { return }
        try output.flush()
        let start = output.end
        var filter = SymbolFilter()
        try naming(file.name) { () throws(SystemError) in try file.descriptor.rewind() }
        var chunk: [UInt8]
        repeat {
            chunk = try naming(file.name) { () throws(SystemError) in try file.descriptor.readSome(64 << 10) }
            output.add(raw: filter.filter(chunk))
            try output.flush()
        } while !chunk.isEmpty
        if filter.withAddress > 0 {
            summary.symbols = filter.withAddress
            try output.patch(UInt32(output.end - start), at: place)
        } else {
            // Names without addresses are useless.
            output.rewind(to: start)
        }
    }

    private mutating func addText<Size: FixedWidthInteger>(
        _ file: borrowing FileDescriptor, name: String, sizeAs: Size.Type
    ) throws(TraceFileError) {
        let text = try contents(file, name)
        output.add(Size(text.count))
        output.add(raw: text)
        try output.flush()
    }

    private mutating func addOptions(_ source: HeaderSource, _ stats: [CPUStats]) throws(TraceFileError) {
        let clocks = String(decoding: try contents(source.clock, "trace_clock"), as: UTF8.self)
        summary.clock = TraceHeader.clockInUse(clocks) ?? ""
        output.add(raw: TraceHeader.optionsMark)
        output.add(TraceHeader.Option.traceClock, clocks)
        output.add(TraceHeader.Option.uname, systemName())
        output.add(TraceHeader.Option.version, "virtio-trace-agent \(source.version)")
        output.add(TraceHeader.Option.traceID, ByteOrder.native.bytes(UInt64.random(in: 1 ... .max)))
        if !source.instance.isEmpty {
            output.add(
                TraceHeader.Option.buffer, ByteOrder.native.bytes(UInt64(0)) + source.instance.utf8 + [0])
        }
        for entry in stats { output.add(TraceHeader.Option.cpuStats, "CPU: \(entry.cpu)\n\(entry.text)") }
        output.add(UInt16(0))
    }

    /// The whole content of a file that can have been read before.
    private func contents(
        _ file: borrowing FileDescriptor, _ name: String
    ) throws(TraceFileError) -> [UInt8] {
        try naming(name) { () throws(SystemError) in
            try file.rewind()
            return try file.readToEnd(limit: Self.longestText)
        }
    }
}

extension Errno {
    /// Whether an event does not exist, or no longer: a file beside the events, or a module that was unloaded.
    fileprivate var meansNoEvent: Bool { [.noEntry, .notADirectory, .noDevice].contains(self) }
}
