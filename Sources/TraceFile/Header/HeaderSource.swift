import Reactor

/// The files from which a trace header is made: opened once, before privileges are dropped, and read for every header.
///
/// A file that cannot be opened is no error here: `HeaderWriter` decides whether there is a header without it.
package final class HeaderSource: Sendable {
    /// A file, or why it cannot be opened.
    package typealias File = Result<NamedFile, TraceFileError>

    /// `events` of tracefs: the formats in it are opened again for each header, because events come and go.
    package let events: File
    let headerEvent: File
    /// The page layout of the recorded instance: the size of sub-buffers can differ between instances.
    let headerPage: File
    let printkFormats: File
    let commandLines: File
    let clock: File
    /// `/proc/kallsyms`; its content depends on the process that opened it: proc(5), `kptr_restrict`.
    let symbols: File
    let instance: String
    let version: String
    /// Microseconds to add to the times of the trace clock to get the time of day; `nil` to show them as they are.
    let dateOffset: Int?

    /// Opens the files, apart from `symbols`.
    ///
    /// - Parameters:
    ///   - top: The folder of tracefs.
    ///   - folder: The folder of the recorded instance in it: its clock and its page layout are used.
    ///   - instance: The name of that trace instance; empty for the top-level one.
    ///   - symbols: `/proc/kallsyms`.
    ///   - version: The version of the agent, for the header's option.
    ///   - dateOffset: Microseconds from the trace clock to the time of day; `nil` for times of the trace clock.
    package init(
        tracefs top: String, folder: String, instance: String, symbols: File, version: String,
        dateOffset: Int? = nil
    ) {
        events = Self.open("events", in: top)
        headerEvent = Self.open("events/header_event", in: top)
        headerPage = Self.open("events/header_page", in: folder)
        printkFormats = Self.open("printk_formats", in: top)
        commandLines = Self.open("saved_cmdlines", in: top)
        clock = Self.open("trace_clock", in: folder)
        self.symbols = symbols
        self.instance = instance
        self.version = version
        self.dateOffset = dateOffset
    }

    private static func open(_ name: String, in folder: String) -> File {
        Result { () throws(TraceFileError) in
            try naming(name) { () throws(SystemError) in
                NamedFile(try .open("\(folder)/\(name)", .readOnly), name: name)
            }
        }
    }

    /// Why files cannot be opened, one error for each.
    package var missing: [TraceFileError] {
        [events, headerEvent, headerPage, printkFormats, commandLines, clock, symbols].compactMap {
            if case .failure(let error) = $0 { error } else { nil }
        }
    }
}
