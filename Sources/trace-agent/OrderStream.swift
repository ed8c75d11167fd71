import Reactor

/// A connection that orders come from, and that answers go back on.
final class OrderStream {
    let descriptor: FileDescriptor
    /// Whether the other side's leaving ends it: so with a socket, not with a port.
    let endsWhenAway: Bool
    private let isAnswering: Bool
    /// Whether the other side has left, and a read has not found it connected since.
    private var isAway: Bool
    private var parser = OrderParser()
    private var answers: [UInt8] = []
    /// How many bytes of them were queued when everything had been read the last time.
    private var olderAnswers = 0

    /// The most bytes of answers that wait for the other side to read.
    private static let longestQueue = 256 << 10

    init(_ descriptor: consuming FileDescriptor, kind: FileDescriptor.Kind) {
        self.descriptor = descriptor
        endsWhenAway = kind == .socket
        isAway = kind != .socket
        // What is written to a FIFO that is open both ways comes back as an order.
        isAnswering = kind != .fifo
    }

    /// What a look at the stream brought.
    enum Arrival: Equatable {
        case orders([Order])
        /// Nothing more is there; these digits had no newline.
        case nothingMore([Order])
        /// The same, and the other side has left.
        case away([Order])
    }

    /// Reads once, at most 4 KiB.
    ///
    /// - Throws: `ENODEV` once a port has been unplugged.
    func receive() throws(SystemError) -> Arrival {
        try withUnsafeTemporaryAllocation(byteCount: 4096, alignment: 1) { buffer throws(SystemError) in
            let count = try descriptor.read(into: buffer)
            if let count, count > 0 { return .orders(parser.parse(buffer[..<count])) }
            let digits = parser.pause()
            let hasLeft = count == 0 && !isAway
            isAway = count == 0
            if isAway {
                // Half an order of one who has left is not for the next one who comes.
                parser.reset()
            } else {
                try sendAnswers()
            }
            // Nor are answers; but the next one's orders can be here before the port tells that he has come, or even
            // that the one before has left, so answers to what was read just now stay.
            if hasLeft { answers.removeFirst(olderAnswers) }
            olderAnswers = answers.count
            return hasLeft ? .away(digits) : .nothingMore(digits)
        }
    }

    /// Queues one line and sends what the other side takes; drops the line if too much waits already.
    func answer(_ line: String) throws(SystemError) {
        guard isAnswering, answers.count + line.utf8.count < Self.longestQueue else { return }
        answers += line.utf8
        answers.append(UInt8(ascii: "\n"))
        try sendAnswers()
    }

    /// Whether so many answers wait that making another would be wasted.
    var isCongested: Bool { answers.count > Self.longestQueue / 2 }

    /// Whether answers wait for the other side to take them.
    var owesAnswers: Bool { !answers.isEmpty }

    /// Sends what is queued, as far as the other side takes it without waiting.
    func sendAnswers() throws(SystemError) {
        while !answers.isEmpty {
            guard let sent = try descriptor.write(answers), sent > 0 else { return }
            answers.removeFirst(sent)
            olderAnswers = max(0, olderAnswers - sent)
        }
    }
}
