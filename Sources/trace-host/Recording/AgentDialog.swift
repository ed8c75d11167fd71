import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// The orders of a recording and their answers, which come while streams are served: no call waits.
struct AgentDialog: ~Copyable {
    private var connection: AgentConnection
    private var pending: OrderID?
    private var word: OrderWord?
    /// The line that answers the last order; `nil` if it has not come.
    private(set) var answer: String?
    /// Whether what comes next is a header, of which it is not yet known where it goes.
    private var headerIsNext = false
    /// Bytes of the header that are still to come, and where they go.
    private var headerLeft = 0
    private var headerSize = 0
    private var header: NamedFile?
    /// Why the header could not be written.
    private(set) var headerError: SystemError?
    /// By which the times of the last order and its answer are taken; `nil`: they are not.
    var clock: TraceClock?
    /// When the last order was sent, and when its answer had come.
    private(set) var times = (sent: 0, arrived: 0)

    init(_ connection: consuming AgentConnection) { self.connection = connection }

    var descriptor: FileDescriptor { _read { yield connection.descriptor } }

    /// Sends an order; `answer` has its line once it has come.
    mutating func order(_ request: Request) throws(SystemError) {
        let id = OrderID.random()
        pending = id
        word = request.word
        answer = nil
        headerIsNext = false
        times.sent = clock?.now ?? 0
        try connection.send(request.named(id))
    }

    /// Sends a digit, which is never answered.
    ///
    /// An agent of the original kind reads it only if nothing else is with it.
    mutating func orderDigit(_ digit: String) throws(SystemError) { try connection.send(digit) }

    /// Lets the bytes that follow the answer go to `file`.
    mutating func receiveHeader(_ bytes: Int, to file: NamedFile?) {
        headerIsNext = false
        headerLeft = bytes
        headerSize = bytes
        header = file
        headerError = nil
    }

    var isHeaderComplete: Bool { headerLeft == 0 }

    /// The most lines of a turn, so that a guest that floods the port does not keep signals waiting.
    private static let linesATurn = 64

    /// Reads what has come, as far as a turn goes.
    ///
    /// - Throws: `EPIPE` if the other side has closed.
    mutating func receive() throws(SystemError) {
        while headerLeft > 0 {
            guard let bytes = try connection.bytes(atMost: headerLeft, within: .zero) else { return }
            write(bytes)
            headerLeft -= bytes.count
        }
        // Another line answers an order of an earlier reader, or is a notice.
        for _ in 0..<Self.linesATurn {
            guard !headerIsNext, let next = try connection.line(within: .zero) else { return }
            guard let id = pending, id.isAnswered(by: next) else { continue }
            times.arrived = clock?.now ?? 0
            answer = next
            pending = nil
            headerIsNext = word == .metadata
        }
    }

    private mutating func write(_ bytes: [UInt8]) {
        do throws(SystemError) {
            try header?.descriptor.write(bytes, at: headerSize - headerLeft)
        } catch {
            headerError = error
        }
    }
}
