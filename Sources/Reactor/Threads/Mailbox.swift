/// A channel for words from one thread to another, which sleeps until there is one.
package struct Mailbox: ~Copyable, Sendable {
    private let words: EventFD

    package init() throws(SystemError) { words = try EventFD(blocking: true) }

    /// Sends `word`.
    ///
    /// Words that are sent before the receiver reads add up: see `EventFD`.
    package func post(_ word: UInt64) { words.signal(word) }

    /// Waits for the next word, and returns it.
    package func receive() -> UInt64 {
        while true {
            if let word = words.receive() { return word }
        }
    }

    /// The descriptor that is readable while a word is pending.
    package var descriptor: FileDescriptor {
        _read { yield words.descriptor }
    }
}
