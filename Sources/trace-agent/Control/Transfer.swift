import Reactor
import TraceFile

/// A head on its way to the other side of a stream.
struct Transfer {
    private let slot: HeadSlot
    private var offset = 0
    private let end: Int
    let begun = ContinuousClock.now
    /// When the other side took something the last time.
    var lastProgress = ContinuousClock.now

    /// What a virtio port takes in one piece.
    private static let chunk = 32 << 10

    init(_ slot: HeadSlot, headBytes: Int) {
        self.slot = slot
        end = headBytes
    }

    /// The next bytes to send; none at the end.
    mutating func next() throws(SystemError) -> [UInt8] {
        let bytes = try slot.file.descriptor.read(min(Self.chunk, end - offset), at: offset)
        offset += bytes.count
        return bytes
    }
}
