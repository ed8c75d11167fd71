import Reactor

/// Where pages go: a port, what stands in for one, or an output that several channels share.
final class Sink: Sendable {
    let descriptor: FileDescriptor
    /// Its path, for messages.
    let name: String
    /// The most pages that one splice(2) may hand over; see `PortQueue`.
    let pagesPerSplice: Int
    /// The largest pipe in bytes that may stand before it.
    let longestPipe: Int
    /// What may be wrong if it has never accepted anything; `nil` if nothing is known.
    let stallHint: String?
    /// Held by the channel that writes, and for as long as it has sent only a part of a page; `nil` if not shared.
    let turn: Turn?

    init(
        _ descriptor: consuming FileDescriptor, name: String, pagesPerSplice: Int = .max,
        longestPipe: Int = .max, stallHint: String? = nil,
        turn: Turn? = nil
    ) {
        self.descriptor = descriptor
        self.name = name
        self.pagesPerSplice = pagesPerSplice
        self.longestPipe = longestPipe
        self.stallHint = stallHint
        self.turn = turn
    }
}
