import Reactor
import TraceFile

/// A part of a file that follows an answer's line: the trace header, on its way to one stream.
struct Attachment {
    private let file: NamedFile
    private var offset = 0
    private let end: Int
    private let begun = ContinuousClock.now
    /// When the other side accepted something the last time.
    private var lastProgress = ContinuousClock.now

    /// What a virtio port accepts in one piece.
    private static let chunk = 32 << 10
    /// How long a client may accept nothing, and how long all of it may take: others wait for the same slot.
    private static let patience = Duration.seconds(10)
    private static let longestTransfer = Duration.seconds(20)

    /// - Parameter bytes: How many of the file's first bytes are sent.
    init(_ file: NamedFile, bytes: Int) {
        self.file = file
        end = bytes
    }

    /// The next bytes to send; none at the end.
    mutating func next() throws(SystemError) -> [UInt8] {
        let bytes = try file.descriptor.read(min(Self.chunk, end - offset), at: offset)
        offset += bytes.count
        return bytes
    }

    mutating func noteProgress() { lastProgress = .now }

    /// Whether it takes longer than a client may take.
    func isTooSlow(at now: ContinuousClock.Instant = .now) -> Bool {
        now - lastProgress > Self.patience || now - begun > Self.longestTransfer
    }
}
