import CTraceEvent
import CommandSupport
import Glibc
import TraceFile

/// Decodes events with libtraceevent, as trace-cmd does.
final class EventDecoder {
    let tep: OpaquePointer
    private let plugins: OpaquePointer?
    private let filter: UnsafeMutablePointer<tep_event_filter>?
    /// By the numbers of the events.
    private var formats: [Int: EventFormat] = [:]
    /// Formats that are not as those of Linux: their events are shown as bytes.
    private(set) var unreadableFormats = 0
    private var text = trace_seq()
    private let order: ByteOrder

    /// Plug-ins whose handlers trust the numbers in a record: their systems.
    private static let trustingPlugins: Set<String> = ["kvm", "kvmmmu", "mac80211"]

    /// - Parameters:
    ///   - usesPlugins: Whether libtraceevent's plug-ins are used, as by `trace-cmd report` without -N.
    ///   - filters: As `trace-cmd report -F` has them.
    /// - Throws: 64 for a filter that is none, 65 for a header that cannot be read.
    init(_ header: TraceHeader, usesPlugins: Bool, filters: [String]) throws(Failure) {
        guard let tep = tep_alloc() else { throw Failure(.operatingSystem, "libtraceevent: no memory") }
        self.tep = tep
        order = header.layout.order
        tep_set_loglevel(TEP_LOG_NONE)
        plugins = usesPlugins ? tep_load_plugins(tep) : nil
        tep_set_file_bigendian(tep, order == .big ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN)
        tep_set_local_bigendian(tep, ByteOrder.native == .big ? TEP_BIG_ENDIAN : TEP_LITTLE_ENDIAN)
        tep_set_long_size(tep, CInt(header.layout.longSize))
        tep_set_page_size(tep, CInt(header.layout.pageSize))
        tep_set_cpus(tep, CInt(header.cpus))
        filter = filters.isEmpty ? nil : tep_filter_alloc(tep)
        trace_seq_init(&text)
        do throws(TraceFileError) {
            try read(header)
        } catch {
            throw Failure(.dataError, "\(error)")
        }
        for text in filters { try add(text) }
    }

    deinit {
        trace_seq_destroy(&text)
        if let filter { tep_filter_free(filter) }
        if let plugins { tep_unload_plugins(plugins, tep) }
        tep_free(tep)
    }

    private func read(_ header: TraceHeader) throws(TraceFileError) {
        let withoutNUL = { (text: [UInt8]) in text.filter { $0 != 0 } + [0] }
        let symbols = withoutNUL(try header.symbols())
        _ = symbols.withUnsafeBytes { tep_parse_kallsyms(tep, $0.baseAddress) }
        let formats = withoutNUL(FormatText.boundedLines(try header.printkFormats()))
        _ = formats.withUnsafeBytes { tep_parse_printk_formats(tep, $0.baseAddress) }
        let lines = withoutNUL(try header.commandLines())
        _ = lines.withUnsafeBytes { tep_parse_saved_cmdlines(tep, $0.baseAddress) }
        try header.forEachFormat { system, format in
            guard FormatText.isReadable(format) else {
                unreadableFormats += 1
                return
            }
            // It reads the text from a buffer with an end of its own.
            _ = format.withUnsafeBytes { tep_parse_event(tep, $0.baseAddress, UInt($0.count), system) }
        }
        for index in 0..<tep_get_events_count(tep) {
            guard let event = tep_get_event(tep, index) else { continue }
            let format = EventFormat(event)
            if Self.trustingPlugins.contains(format.system) { event.pointee.handler = nil }
            self.formats[Int(event.pointee.id)] = format
        }
    }

    private func add(_ text: String) throws(Failure) {
        let result = tep_filter_add_filter_str(filter, text)
        guard result.rawValue < 0 else { return }
        var reason = [CChar](repeating: 0, count: 512)
        _ = tep_filter_strerror(filter, result, &reason, reason.count)
        let words = String(decoding: reason.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        throw Failure(.usage, "-f \(text): \(words)")
    }

    /// The format of an event; `nil` if it is not known.
    func format(of record: EventRecord) -> EventFormat? {
        let event = record.event
        guard event.count >= 2 else { return nil }
        return formats[Int(order.load(UInt16.self, UnsafeRawBufferPointer(event), at: 0))]
    }

    /// Whether a filter is given, and the event is none that it lets through.
    func isFiltered(_ record: EventRecord, _ format: EventFormat?) -> Bool {
        guard let filter else { return false }
        guard let format, record.event.count >= format.smallestRecord else { return true }
        return record.withContent { tep_filter_match(filter, $0) } != TEP_ERRNO__SUCCESS
    }

    /// The number of the task that was running; `nil` if the record is too short.
    func pid(of record: EventRecord, _ format: EventFormat?) -> Int? {
        guard let format, record.event.count >= format.smallestRecord else { return nil }
        return Int(record.withContent { tep_data_pid(tep, $0) })
    }

    /// The name of a task, as far as the header or an event has told it.
    func withName(ofTask pid: Int, _ body: (UnsafeBufferPointer<UInt8>) -> Void) {
        body(Self.bytes(tep_data_comm_from_pid(tep, CInt(truncatingIfNeeded: pid))))
    }

    /// What the event says.
    ///
    /// - Returns: `false` if the event's print format may not be used.
    func withInfo(
        of record: EventRecord, _ format: EventFormat?, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) -> Bool {
        guard let format, format.canPrint(record.content) else { return false }
        trace_seq_reset(&text)
        record.withContent { ctraceevent_print_info(tep, &text, $0) }
        body(printed())
        return true
    }

    /// The context of the event, such as `d.h2.`.
    func withFlags(
        of record: EventRecord, _ format: EventFormat, _ body: (UnsafeBufferPointer<UInt8>) -> Void
    ) {
        guard record.event.count >= format.smallestRecord else { return }
        trace_seq_reset(&text)
        record.withContent { ctraceevent_print_flags(tep, &text, $0) }
        body(printed())
    }

    private func printed() -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(
            start: UnsafeRawPointer(text.buffer)?.assumingMemoryBound(to: UInt8.self), count: Int(text.len))
    }

    private static func bytes(_ text: UnsafePointer<CChar>?) -> UnsafeBufferPointer<UInt8> {
        guard let text else { return UnsafeBufferPointer(start: nil, count: 0) }
        return UnsafeRawBufferPointer(start: text, count: strlen(text)).assumingMemoryBound(to: UInt8.self)
    }
}
