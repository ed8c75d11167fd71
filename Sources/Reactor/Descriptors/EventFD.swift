internal import CEpoll
import Glibc

/// A 64-bit counter that passes words from one thread to another: eventfd(2).
///
/// Words that are sent before the receiver reads add up. A sender therefore either waits until its last word
/// has been read, or sends words whose sum still contains each of them.
package struct EventFD: ~Copyable, Sendable {
    package let descriptor: FileDescriptor

    /// Makes an eventfd that holds no word.
    ///
    /// - Parameter blocking: Whether `receive` waits for a word.
    package init(blocking: Bool = false) throws(SystemError) {
        let flags = EFD_CLOEXEC | (blocking ? 0 : EFD_NONBLOCK)
        descriptor = FileDescriptor(owning: try systemCall("eventfd") { eventfd(0, CInt(flags)) })
    }

    /// Adds `word`, which must be neither 0 nor all ones, and makes the descriptor readable.
    package func signal(_ word: UInt64) {
        precondition(word != 0 && word != .max)
        var word = word
        // The counter cannot overflow: a word is read before the next is sent, or the sums are small.
        let count = write(descriptor.rawValue, &word, MemoryLayout<UInt64>.size)
        precondition(count == MemoryLayout<UInt64>.size, "eventfd write: \(Errno.current)")
    }

    /// Reads the sum of the words sent since the last call, and resets it to 0.
    ///
    /// - Returns: `nil` if there is none and the descriptor is non-blocking.
    package func receive() -> UInt64? {
        var word: UInt64 = 0
        while read(descriptor.rawValue, &word, MemoryLayout<UInt64>.size) == -1 {
            let code = Errno.current
            if code == .wouldBlock { return nil }
            precondition(code == .interrupted, "eventfd read: \(code)")
        }
        return word
    }
}
