import Reactor

/// The right to write to a sink that several channels share: one word in an eventfd, held by the channel that read it.
final class Turn: Sendable {
    private let word: EventFD

    init() throws(SystemError) {
        word = try EventFD()
        release()
    }

    /// Acquires the right if no channel holds it; never waits.
    func acquire() -> Bool { word.receive() != nil }

    func release() { word.signal(1) }

    /// Readable while no channel holds it.
    var descriptor: FileDescriptor {
        _read { yield word.descriptor }
    }
}
