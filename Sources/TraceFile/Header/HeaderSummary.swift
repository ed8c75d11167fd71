/// The contents of a trace header that was written.
package struct HeaderSummary: Equatable, Sendable {
    /// Bytes of the whole header.
    package var bytes = 0
    /// Bytes of a sub-buffer.
    package var pageSize = 0
    /// The trace clock in use; empty if the kernel marks none.
    package var clock = ""
    /// Event formats, including those of the system `ftrace`, and those of events that are gone.
    package var events = 0
    /// Symbols with an address; 0 if the kernel hides the addresses, or they are left out.
    package var symbols = 0
    /// The files that could not be read, and why: their contents are not in the header.
    package var lacks: [String] = []
    /// Event numbers that have changed their meaning, the last few, in words.
    package var changes: [String] = []

    package init() {}
}
