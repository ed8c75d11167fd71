import Reactor

/// The files that a header is made of: opened while that is allowed, read as often as a header is asked for.
package final class HeaderSource: Sendable {
    /// `events` of tracefs: the formats in it are opened anew each time, because events come and go.
    package let events: FileDescriptor
    /// How the recorded instance's pages are laid out: instances can differ in the size of their sub-buffers.
    let headerPage: FileDescriptor
    let printkFormats: FileDescriptor
    let commandLines: FileDescriptor
    let clock: FileDescriptor
    /// `/proc/kallsyms`; what it shows depends on who opened it: proc(5), `kptr_restrict`.
    let symbols: NamedFile?
    let instance: String
    let version: String

    /// - Parameters:
    ///   - top: Where tracefs is.
    ///   - folder: The one in it whose rings are recorded: its clock and its pages' layout count.
    ///   - instance: The name of that trace instance; empty for the top-level one.
    ///   - symbols: `/proc/kallsyms`, or nothing.
    ///   - version: What the file says that it was made by.
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

/// What the kernel says of one ring: the text of `per_cpu/cpuN/stats`.
package struct CPUStats: Sendable {
    let cpu: Int
    let text: String

    package init(cpu: Int, text: String) {
        self.cpu = cpu
        self.text = text
    }
}

/// What is in a header that was made.
package struct HeaderSummary: Equatable, Sendable {
    package var bytes = 0
    package var pageSize = 0
    package var clock = ""
    /// Event formats, those of ftrace's own included.
    package var events = 0
    /// Symbols with an address; 0 if the kernel does not show them.
    package var symbols = 0

    package init() {}
}
