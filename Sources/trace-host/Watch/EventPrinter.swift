import CommandSupport
import Reactor
import TraceFile

/// Prints the events in the pages that it is given, in the order of time.
final class EventPrinter {
    private let decoder: EventDecoder
    private let merger: EventMerger
    private let writer: any EventWriter
    private let output: EventOutput
    private let record: EventRecord
    /// By the number of an event, whether it is one of those that are printed.
    private var isChosen: [Int: Bool] = [:]
    private let choice: PrintedEventChoice
    /// Events that were printed.
    private(set) var printed = 0
    /// Pages that were left out because they came too fast.
    private(set) var skippedPages = 0

    /// Whether nobody reads what is printed any more.
    private(set) var isOutputClosed = false

    /// CPU time for one piece of output: what takes longer never ends.
    private static let patience = 10

    /// - Parameter cpus: Those that pages are awaited from.
    init(
        _ header: TraceHeader, cpus: some Sequence<Int>, _ options: PrintOptions, to output: EventOutput
    ) throws(Failure) {
        decoder = try EventDecoder(header, usesPlugins: options.usesPlugins, filters: options.filters)
        merger = EventMerger(header.layout, cpus: cpus, window: options.window)
        record = EventRecord(longest: header.layout.pageSize)
        choice = PrintedEventChoice(options.events)
        self.output = output
        let time = EventTime(header, isPrecise: options.form == .perfetto)
        switch options.form {
        case .text:
            let isColoured = options.mayColour && output.isTerminal
            writer = TextWriter(time, header.layout, isColoured: isColoured)
        case .json: writer = JSONWriter(time, header.layout)
        case .perfetto:
            writer = PerfettoWriter(time, header.layout)
            output.append(PerfettoWriter.head)
        }
    }

    /// Events that were printed after later ones.
    var lateEvents: Int { merger.lateEvents }
    /// The CPUs that a page is awaited from.
    var cpusInNeed: [Int] { merger.cpus.values.filter { $0.next == nil && !$0.isEnded }.map(\.cpu).sorted() }

    func add(_ page: [UInt8], cpu: Int, skipped: Int = 0) {
        skippedPages += skipped
        merger.add(page, cpu: cpu, skipped: skipped)
    }

    /// No page of a CPU is to come any more.
    func end(cpu: Int) { merger.cpus[cpu]?.isEnded = true }

    /// Pages of a CPU are to come.
    func expect(cpu: Int) { merger.expect(cpu: cpu) }

    /// Prints what need not wait, unless nobody reads any more.
    ///
    /// - Parameter isComplete: Whether nothing more is to come.
    func print(isComplete: Bool = false) throws(Failure) {
        if isOutputClosed { return }
        do throws(SystemError) {
            try printItems(isComplete)
            try limitCPUTime(seconds: 0)
        } catch  where error.code == .brokenPipe {
            isOutputClosed = true
        } catch {
            throw Failure(.outputFailed, "cannot write the events: \(error.code)")
        }
    }

    private func printItems(_ isComplete: Bool) throws(SystemError) {
        try limitCPUTime(seconds: Self.patience)
        while let events = merger.next(isComplete: isComplete) {
            if case .event(let place) = events.next {
                print(events.bytes(at: place), at: events.time, cpu: events.cpu)
            } else if let item = events.next {
                writer.write(item, cpu: events.cpu, to: output)
            }
            events.advance()
            if try output.flushIfLarge() { try limitCPUTime(seconds: Self.patience) }
        }
        try output.flush()
    }

    private func print(_ event: UnsafeRawBufferPointer, at time: UInt64, cpu: Int) {
        record.set(event, at: time, cpu: cpu)
        let format = decoder.format(of: record)
        if !isChosen(format) || decoder.isFiltered(record, format) { return }
        printed += 1
        writer.write(record, format, with: decoder, to: output)
    }

    /// What the user has to know of what was printed.
    var warnings: [String] {
        var warnings: [String] = []
        if skippedPages > 0 { warnings.append("\(skippedPages) pages were not printed: they came too fast") }
        if lateEvents > 0 {
            warnings.append(
                "\(lateEvents) events came so late that they were printed after later ones: see --window")
        }
        if decoder.unreadableFormats > 0 {
            warnings.append(
                "\(decoder.unreadableFormats) formats are not as those of Linux: their events are printed as bytes"
            )
        }
        return warnings
    }

    private func isChosen(_ format: EventFormat?) -> Bool {
        guard let format else { return choice.contains(system: "", event: "") }
        let number = Int(format.event.pointee.id)
        if let known = isChosen[number] { return known }
        let isChosen = choice.contains(system: format.system, event: format.name)
        self.isChosen[number] = isChosen
        return isChosen
    }
}
