import Reactor

/// Makes a head: see `Head` for what it is.
package struct HeadWriter {
    private let file: NamedFile
    private let limit: Int
    private let isCancelled: () -> Bool
    /// What has not been written yet, which belongs at `written`.
    private var pending: [UInt8] = []
    private var written = 0
    private var summary = HeadSummary()

    private static let chunk = 64 << 10

    private init(_ file: NamedFile, limit: Int, isCancelled: @escaping () -> Bool) {
        self.file = file
        self.limit = limit
        self.isCancelled = isCancelled
    }

    /// Writes the head of this machine, as it is now, from the file's beginning on.
    ///
    /// - Parameters:
    ///   - cpus: CPUs of this machine.
    ///   - stats: What its rings' accounts say.
    ///   - limit: The most bytes that it may have.
    ///   - isCancelled: Asked now and then whether to leave it.
    /// - Throws: `.tooLarge` beyond the limit.
    package static func write(
        _ source: HeadSource, cpus: Int, stats: [CPUStats], to file: NamedFile, limit: Int,
        isCancelled: () -> Bool = { false }
    ) throws(TraceFileError) -> HeadSummary {
        try withoutActuallyEscaping(isCancelled) { isCancelled throws(TraceFileError) in
            try write(
                source, cpus: cpus, stats: stats, HeadWriter(file, limit: limit, isCancelled: isCancelled))
        }
    }

    private static func write(
        _ source: HeadSource, cpus: Int, stats: [CPUStats], _ writer: HeadWriter
    ) throws(TraceFileError) -> HeadSummary {
        var writer = writer
        try writer.addHeader(source)
        try writer.addFormats(source)
        try writer.addSymbols(source)
        try writer.addText(source.printkFormats, name: "printk_formats", sizeAs: UInt32.self)
        try writer.addText(source.commandLines, name: "saved_cmdlines", sizeAs: UInt64.self)
        writer.add(UInt32(cpus))
        try writer.addOptions(source, stats)
        try writer.flush()
        writer.summary.bytes = writer.written
        try writer.act { file throws(SystemError) in try file.truncate(to: writer.written) }
        return writer.summary
    }

    // MARK: the parts

    private mutating func addHeader(_ source: HeadSource) throws(TraceFileError) {
        let pageText = try everything(source.headerPage, "events/header_page")
        let eventText = try naming("events/header_event") { () throws(SystemError) in
            try source.events.open("header_event", .readOnly).everything(limit: limit)
        }
        guard let layout = PageLayout(headerPage: String(decoding: pageText, as: UTF8.self)) else {
            throw .malformed(file: "events/header_page", problem: "names no data field: unknown kernel")
        }
        summary.pageSize = layout.pageSize
        pending += Head.magic
        add("6")
        pending.append(ByteOrder.native == .little ? 0 : 1)
        pending.append(UInt8(MemoryLayout<Int>.size))
        add(UInt32(layout.pageSize))
        add("header_page")
        add(UInt64(pageText.count))
        pending += pageText
        add("header_event")
        add(UInt64(eventText.count))
        pending += eventText
    }

    private mutating func addFormats(_ source: HeadSource) throws(TraceFileError) {
        let own = "ftrace"
        try addEvents(of: own, source)
        let names = try naming("events") { () throws(SystemError) in try source.events.names() }
        let place = mark()
        add(UInt32(0))
        var systems: UInt32 = 0
        for name in names where name != own {
            // Files stand beside the systems.
            let start = mark()
            add(name)
            if try addEvents(of: name, source) == 0 { forget(from: start) } else { systems += 1 }
        }
        try patch(systems, at: place)
    }

    /// Adds the number of formats that a system has, and the formats.
    @discardableResult
    private mutating func addEvents(of system: String, _ source: HeadSource) throws(TraceFileError) -> Int {
        let place = mark()
        add(UInt32(0))
        var count: UInt32 = 0
        for name in try eventNames(of: system, source) {
            guard let format = try format(of: "\(system)/\(name)", source) else { continue }
            add(UInt64(format.count))
            pending += format
            count += 1
            if pending.count >= Self.chunk { try flush() }
        }
        summary.events += Int(count)
        if count > 0 { try patch(count, at: place) }
        return Int(count)
    }

    private func eventNames(of system: String, _ source: HeadSource) throws(TraceFileError) -> [String] {
        do throws(SystemError) {
            return try source.events.open(system, .directory).names()
        } catch  where error.code.meansNoEvent {
            return []
        } catch {
            throw .system(file: "events/\(system)", error)
        }
    }

    /// The format of an event; `nil` if it is none, or has gone.
    private func format(of event: String, _ source: HeadSource) throws(TraceFileError) -> [UInt8]? {
        do throws(SystemError) {
            return try source.events.open("\(event)/format", .readOnly).everything(limit: limit)
        } catch  where error.code.meansNoEvent {
            return nil
        } catch {
            throw .system(file: "events/\(event)/format", error)
        }
    }

    private mutating func addSymbols(_ source: HeadSource) throws(TraceFileError) {
        let place = mark()
        add(UInt32(0))
        guard let file = source.symbols else { return }
        try flush()
        let start = written
        var filter = SymbolFilter()
        try naming(file.name) { () throws(SystemError) in try file.descriptor.rewind() }
        var chunk: [UInt8]
        repeat {
            chunk = try naming(file.name) { () throws(SystemError) in try file.descriptor.some(Self.chunk) }
            pending += filter.take(chunk)
            try flush()
        } while !chunk.isEmpty
        if filter.withAddress > 0 {
            summary.symbols = filter.withAddress
            try patch(UInt32(written - start), at: place)
        } else {
            // Names without addresses are of no use.
            written = start
        }
    }

    private mutating func addText<Size: FixedWidthInteger>(
        _ file: borrowing FileDescriptor, name: String, sizeAs: Size.Type
    ) throws(TraceFileError) {
        let text = try everything(file, name)
        add(Size(text.count))
        pending += text
        try flush()
    }

    private mutating func addOptions(_ source: HeadSource, _ stats: [CPUStats]) throws(TraceFileError) {
        let clocks = String(decoding: try everything(source.clock, "trace_clock"), as: UTF8.self)
        summary.clock =
            clocks.split(separator: "[").last?.split(separator: "]").first.map { String($0) } ?? ""
        pending += Head.optionsMark
        add(Head.Option.traceClock, clocks)
        add(Head.Option.uname, systemName())
        add(Head.Option.version, "virtio-trace-agent \(source.version)")
        add(Head.Option.traceID, ByteOrder.native.bytes(UInt64.random(in: 1 ... .max)))
        if !source.instance.isEmpty {
            add(Head.Option.buffer, ByteOrder.native.bytes(UInt64(0)) + source.instance.utf8 + [0])
        }
        for entry in stats { add(Head.Option.cpuStats, "CPU: \(entry.cpu)\n\(entry.text)") }
        add(UInt16(0))
    }

    // MARK: bytes

    private mutating func add(_ number: some FixedWidthInteger) { pending += ByteOrder.native.bytes(number) }

    /// Adds a text and the NUL that ends it.
    private mutating func add(_ text: String) {
        pending += text.utf8
        pending.append(0)
    }

    private mutating func add(_ option: UInt16, _ data: [UInt8]) {
        add(option)
        add(UInt32(data.count))
        pending += data
    }

    private mutating func add(_ option: UInt16, _ text: String) { add(option, Array(text.utf8) + [0]) }

    /// Where the next byte goes.
    private func mark() -> Int { written + pending.count }

    /// Takes back what was added since `mark`, which is not written yet.
    private mutating func forget(from mark: Int) { pending.removeLast(self.mark() - mark) }

    /// Writes a number over what stands at `place`.
    private mutating func patch(_ number: UInt32, at place: Int) throws(TraceFileError) {
        let bytes = ByteOrder.native.bytes(number)
        if place >= written {
            pending.replaceSubrange(place - written..<place - written + bytes.count, with: bytes)
        } else {
            try flush()
            try act { file throws(SystemError) in try file.write(bytes, at: place) }
        }
    }

    private mutating func flush() throws(TraceFileError) {
        if isCancelled() { throw .cancelled }
        if written + pending.count > limit { throw .tooLarge(limit: limit) }
        let (bytes, place) = (pending, written)
        try act { file throws(SystemError) in try file.write(bytes, at: place) }
        written += pending.count
        pending.removeAll(keepingCapacity: true)
    }

    private func act(
        _ body: (borrowing FileDescriptor) throws(SystemError) -> Void
    ) throws(TraceFileError) {
        try naming(file.name) { () throws(SystemError) in try body(file.descriptor) }
    }

    private func everything(
        _ file: borrowing FileDescriptor, _ name: String
    ) throws(TraceFileError) -> [UInt8] {
        try naming(name) { () throws(SystemError) in
            try file.rewind()
            return try file.everything(limit: limit)
        }
    }
}

extension Errno {
    /// Whether there is no event, or none any more: a file that stands beside them, a module that was unloaded.
    fileprivate var meansNoEvent: Bool { [.noEntry, .notADirectory, .noDevice].contains(self) }
}
