import CommandSupport
import ControlProtocol
import Glibc
import Reactor
import Support

@testable import trace_agent

/// `Control` with a real reactor, and a local socket at a temporary path; a test drives it in place of the agent.
final class ControlRig {
    let loop: TestReactor
    let log = TestLog()
    private let folder = TemporaryFolder()
    private var control: Control
    private var retryTimer: RetryTimer

    var socketPath: String { "\(folder.path)/control.sock" }

    init(host: OrderStream? = nil) throws {
        _ = SocketPair.failedWritesAreErrors
        loop = try TestReactor()
        let socket = try LocalSocket.listening(at: "\(folder.path)/control.sock")
        control = try Control(
            host: host, hostPath: "/dev/port", [socket], log: log.logger, &loop.reactor)
        retryTimer = try RetryTimer(&loop.reactor)
    }

    // MARK: streams

    /// Connects a client and waits until it has its place.
    func connect(place: Int = 0) throws -> Connection {
        let client = try connectWithoutWaiting()
        try acceptAll()
        try loop.event(.client(place))
        return client
    }

    func connectWithoutWaiting() throws -> Connection {
        Connection(try FileDescriptor.connect(toSocketAt: socketPath))
    }

    /// Accepts the connections that the listener reports next: at most 16.
    func acceptAll() throws {
        try loop.event(.listener(0))
        try control.accept(0, &loop.reactor)
    }

    func noteActivity(ofClient place: Int) { control.noteActivity(ofClient: place) }

    func attach(_ host: OrderStream) throws { try control.attach(host, &loop.reactor) }

    var hasHost: Bool { control.hasHost }
    var refusedCount: Int { control.refusedCount }
    var facts: AgentFacts {
        var report = Report.sample()
        control.addFacts(to: &report)
        return report.facts
    }
    var nextRetry: Duration? { control.nextRetry }
    var pausedStreams: [StreamID] { control.pausedStreams }

    /// One turn of a stream; `body` carries out each order, as the agent does.
    @discardableResult
    func turn(_ id: StreamID, afterPause: Bool = false, _ body: (Request) -> Void = { _ in }) -> [Order] {
        control.beginTurn(id, afterPause: afterPause)
        var orders: [Order] = []
        while let request = control.nextOrder(id) {
            orders.append(.known(request))
            body(request)
        }
        return orders
    }

    /// Turns of a stream until it is no longer paused.
    @discardableResult
    func turns(_ id: StreamID, _ body: (Request) -> Void = { _ in }) throws -> [Order] {
        var orders = turn(id, body)
        while pausedStreams.contains(id) {
            try retry()
            orders += turn(id, afterPause: true, body)
        }
        return orders
    }

    /// Waits until the retry timer fires, then retries, but leaves the turns of paused streams to the test.
    ///
    /// - Parameter meanwhile: What happens between the two.
    func retry(_ meanwhile: () throws -> Void = {}) throws {
        try retryTimer.set(control.nextRetry)
        try loop.event(.retryTimer)
        guard try retryTimer.hasFired() else { throw TestFailure("the retry timer has not fired") }
        try meanwhile()
        control.retry()
        try control.resumeConnections(&loop.reactor)
    }

    // MARK: answers

    @discardableResult
    func owe(_ request: Request, _ id: StreamID) -> Int { control.oweAnswer(to: request, id) }
    func answer(_ word: OrderWord, _ id: StreamID, _ report: Report = .sample()) {
        answer(Request(word), id, report)
    }
    func answer(_ request: Request, _ id: StreamID, _ report: Report = .sample()) {
        control.answer(request, id, report)
    }
    func answer(_ time: TimeAnswer, _ id: StreamID) { control.answer(time, id) }
    func canAnswer(_ id: StreamID) -> Bool { control.canAnswer(id) }
    var isAnyAnswerOwed: Bool { control.isAnyAnswerOwed }

    func answerOwed(
        _ report: Report = .sample(), where isDue: (OwedOrder) -> Bool = { _ in true }, error: String? = nil
    ) {
        control.answerOwed(report, where: isDue, error: error)
    }

    // MARK: headers

    var awaitingHeader: [HeaderAudience] { control.awaitingHeader }
    func headerIsBeingMade(for audience: HeaderAudience) { control.headerIsBeingMade(for: audience) }
    func sendHeader(_ attachment: Attachment, announcedBy line: String, to audience: HeaderAudience) {
        control.sendHeader(attachment, announcedBy: line, to: audience)
    }
    func sendHeaders() -> [HeaderAudience] { control.sendHeaders() }
    func beginHeaderTurn() { control.beginHeaderTurn() }
    var isSendingHeaders: Bool { control.isSendingHeaders }
}

extension LocalSocket {
    /// One that a test has made: unlike `init(at:for:)`, this does not change the umask, which concerns other tests
    /// that make files at the same time.
    static func listening(at path: String) throws -> LocalSocket {
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let listener = FileDescriptor(owning: socket(AF_UNIX, kind, 0))
        var result: CInt = -1
        try withAddress(path) { result = bind(listener.rawValue, $0, $1) }
        guard result == 0, listen(listener.rawValue, 128) == 0 else {
            throw TestFailure("cannot listen at \(path)")
        }
        return try LocalSocket(adopting: listener)
    }
}

extension Connection {
    /// The next answer.
    func nextAnswer() throws -> ControlProtocol.Answer { try ControlProtocol.Answer(line: try line()) }
}
