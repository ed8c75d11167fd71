/// Where one thread leaves words for another, which sleeps until there is one.
package struct Mailbox: ~Copyable, Sendable {
    private let words: EventFD

    package init() throws(SystemError) { words = try EventFD(blocking: true) }

    /// Leaves `word`.
    ///
    /// What is left before the receiver takes it is added up: see `EventFD`.
    package func post(_ word: UInt64) { words.signal(word) }

    /// Waits for the next word and takes it.
    package func receive() -> UInt64 {
        while true {
            if let word = words.receive() { return word }
        }
    }

    /// Readable while a word waits.
    package var descriptor: FileDescriptor {
        _read { yield words.descriptor }
    }
}
