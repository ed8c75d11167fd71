import Reactor

/// Where pages go: a port, what stands in for one, or standard output, which several channels share.
final class Sink: Sendable {
    let descriptor: FileDescriptor
    /// Its path, for messages.
    let name: String
    /// The most pages that one splice(2) may hand over; see `PortQueue`.
    let pagesPerSplice: Int
    /// The largest pipe in bytes that may stand before it.
    let longestPipe: Int
    /// Taken by the channel that writes, kept by one that is stopped in the middle of a page; `nil` if not shared.
    let turn: Turn?

    init(
        _ descriptor: consuming FileDescriptor, name: String, pagesPerSplice: Int = .max,
        longestPipe: Int = .max,
        turn: Turn? = nil
    ) {
        self.descriptor = descriptor
        self.name = name
        self.pagesPerSplice = pagesPerSplice
        self.longestPipe = longestPipe
        self.turn = turn
    }
}

/// The right to write to a sink that several channels share: one word, which is with whoever took it.
final class Turn: Sendable {
    private let word: EventFD

    init() throws(SystemError) {
        word = try EventFD()
        release()
    }

    /// Whether it could be had at once.
    func acquire() -> Bool { word.receive() != nil }

    func release() { word.signal(1) }

    /// Readable while it can be had.
    var descriptor: FileDescriptor {
        _read { yield word.descriptor }
    }
}
