import Reactor
import TraceFile

/// A header on its way to the other side of a stream.
struct Transfer {
    private let slot: HeaderSlot
    private var offset = 0
    private let end: Int
    let begun = ContinuousClock.now
    /// When the other side took something the last time.
    var lastProgress = ContinuousClock.now

    /// What a virtio port takes in one piece.
    private static let chunk = 32 << 10

    init(_ slot: HeaderSlot, headerBytes: Int) {
        self.slot = slot
        end = headerBytes
    }

    /// The next bytes to send; none at the end.
    mutating func next() throws(SystemError) -> [UInt8] {
        let bytes = try slot.file.descriptor.read(min(Self.chunk, end - offset), at: offset)
        offset += bytes.count
        return bytes
    }
}
