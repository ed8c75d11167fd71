import Reactor
import Synchronization

/// Where pages go: a port, what stands in for one, or an output that several channels share.
final class Sink: Sendable {
    let descriptor: FileDescriptor
    /// Its path, for messages.
    let name: String
    /// The largest pipe in bytes that may stand before it.
    let longestPipe: Int
    /// How many splices the queue of a virtio port holds; 0 for another sink.
    let queueLength: Int
    /// What may be wrong if it has never accepted anything; `nil` if nothing is known.
    let stallHint: String?
    /// Held by the channel that writes, and for as long as it has sent only a part of a page; `nil` if not shared.
    let turn: Turn?
    private let spliceLimit: Atomic<Int>

    /// - Parameter pagesPerSplice: The most pages that one splice(2) may hand over; see `PortQueue`.
    init(
        _ descriptor: consuming FileDescriptor, name: String, pagesPerSplice: Int = .max,
        longestPipe: Int = .max, queueLength: Int = 0, stallHint: String? = nil,
        turn: Turn? = nil
    ) {
        self.descriptor = descriptor
        self.name = name
        self.longestPipe = longestPipe
        self.queueLength = queueLength
        self.stallHint = stallHint
        self.turn = turn
        spliceLimit = Atomic(pagesPerSplice)
    }

    var pagesPerSplice: Int { spliceLimit.now }

    /// Takes over the port that has come in the place of the one that has gone.
    func replace(with port: consuming FileDescriptor, pagesPerSplice: Int) throws(SystemError) {
        try descriptor.replace(with: port)
        spliceLimit.set(pagesPerSplice)
    }
}
