import Reactor

/// The files from which a trace header is made: opened once, before privileges are dropped, and read for every header.
package final class HeaderSource: Sendable {
    /// `events` of tracefs: the formats in it are opened again for each header, because events come and go.
    package let events: FileDescriptor
    /// The page layout of the recorded instance: the size of sub-buffers can differ between instances.
    let headerPage: FileDescriptor
    let printkFormats: FileDescriptor
    let commandLines: FileDescriptor
    let clock: FileDescriptor
    /// `/proc/kallsyms`; its content depends on the process that opened it: proc(5), `kptr_restrict`.
    let symbols: NamedFile?
    let instance: String
    let version: String

    /// Opens the files, apart from `symbols`.
    ///
    /// - Parameters:
    ///   - top: The folder of tracefs.
    ///   - folder: The folder of the recorded instance in it: its clock and its page layout are used.
    ///   - instance: The name of that trace instance; empty for the top-level one.
    ///   - symbols: `/proc/kallsyms`; `nil` leaves the symbols out.
    ///   - version: The version of the agent, for the header's option.
    package init(
        tracefs top: String, folder: String, instance: String, symbols: NamedFile?, version: String
    ) throws(SystemError) {
        let events = try FileDescriptor.open("\(top)/events", .readOnly)
        let headerPage = try FileDescriptor.open("\(folder)/events/header_page", .readOnly)
        let printkFormats = try FileDescriptor.open("\(top)/printk_formats", .readOnly)
        let commandLines = try FileDescriptor.open("\(top)/saved_cmdlines", .readOnly)
        let clock = try FileDescriptor.open("\(folder)/trace_clock", .readOnly)
        self.events = events
        self.headerPage = headerPage
        self.printkFormats = printkFormats
        self.commandLines = commandLines
        self.clock = clock
        self.symbols = symbols
        self.instance = instance
        self.version = version
    }
}
