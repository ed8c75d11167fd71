internal import CEpoll
import Glibc

/// A 64-bit word on its way from one thread to another: eventfd(2).
///
/// Words that are sent before one is taken add up, so a sender either waits for its turn or sends words whose sum
/// still says what each of them did.
package struct EventFD: ~Copyable, Sendable {
    package let descriptor: FileDescriptor

    /// Makes an empty one; `blocking` says whether `take` waits.
    package init(blocking: Bool = false) throws(SystemError) {
        let flags = EFD_CLOEXEC | (blocking ? 0 : EFD_NONBLOCK)
        descriptor = FileDescriptor(owning: try systemCall("eventfd") { eventfd(0, CInt(flags)) })
    }

    /// Adds `word`, which is neither 0 nor all ones, and makes the descriptor readable.
    package func signal(_ word: UInt64) {
        precondition(word != 0 && word != .max)
        var word = word
        // The counter cannot overflow: a word is taken before the next is sent, or the sums are small.
        let count = write(descriptor.rawValue, &word, MemoryLayout<UInt64>.size)
        precondition(count == MemoryLayout<UInt64>.size, "eventfd write: \(Errno.current)")
    }

    /// Takes what was sent since the last time; `nil` if nothing was and this one does not block.
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
