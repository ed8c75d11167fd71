import TraceFile

/// What comes next in the stream of a CPU.
enum StreamItem: Equatable {
    /// An event, by its place in the page.
    case event(Range<Int>)
    /// The kernel lost events here.
    case lost(Page.Loss)
    /// Pages were left out here, because they came faster than they could be printed.
    case skipped(pages: Int)
    /// Bytes that are no page, or no events.
    case damaged(String)
}
