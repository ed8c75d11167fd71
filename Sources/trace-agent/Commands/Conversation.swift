import CommandSupport
import ControlProtocol
import Reactor

/// One order to a running agent and its answer; what fails is explained to the user.
struct Conversation: ~Copyable {
    private var connection: AgentConnection
    private let id: OrderID
    private let socket: String
    private let timeout: Interval
    /// When the wait for the answer's line is over.
    private let end: ContinuousClock.Instant

    /// Connects and sends the order; connecting and waiting together take `timeout` at most.
    init(_ word: OrderWord, at socket: String, within timeout: Interval) throws(Failure) {
        end = .now + timeout.duration
        id = .random()
        connection = try Self.connect(Request(word, id: id), socket, timeout)
        self.socket = socket
        self.timeout = timeout
    }

    private static func connect(
        _ request: Request, _ socket: String, _ timeout: Interval
    ) throws(Failure) -> AgentConnection {
        do throws(SystemError) {
            let connection = try AgentConnection(toSocketAt: socket, within: timeout.duration)
            try connection.send(request)
            return connection
        } catch {
            throw explain(error, socket)
        }
    }

    /// The line that answers the order.
    ///
    /// - Throws: 76 if another line comes: a new connection has nothing else.
    mutating func line() throws(Failure) -> String {
        while let line = try nextLine() {
            if line.isEmpty { continue }
            if id.isAnswered(by: line) { return line }
            throw unexpected(line)
        }
        throw noAnswer
    }

    private mutating func nextLine() throws(Failure) -> String? {
        do throws(SystemError) {
            return try connection.line(within: end - .now)
        } catch {
            throw Self.explain(error, socket)
        }
    }

    /// The bytes that come next, at most `count`; each time they may take as long as an answer.
    mutating func bytes(atMost count: Int) throws(Failure) -> [UInt8] {
        do throws(SystemError) {
            if let bytes = try connection.bytes(atMost: count, within: timeout.duration) { return bytes }
        } catch {
            throw Self.explain(error, socket)
        }
        throw noAnswer
    }

    /// The answer in `line`.
    func parse<Line: AnswerLine>(_ line: String) throws(Failure) -> Line {
        do throws(NotAnAnswer) {
            return try Line(line: line)
        } catch {
            throw unexpected(line)
        }
    }

    private func unexpected(_ line: String) -> Failure {
        let start = Array(line.utf8.prefix(64)).escapedASCII
        return Failure(
            .protocolError,
            "the program that listens at \(socket) is no agent of this version: it sent \(start)")
    }

    private var noAnswer: Failure {
        Failure(
            .tryAgain,
            "no answer within \(timeout): what is the agent doing? systemctl status \(WellKnown.service)")
    }

    private static func explain(_ error: SystemError, _ socket: String) -> Failure {
        switch error.code {
        case .noEntry, .connectionRefused, .notADirectory:
            Failure(
                .unavailable,
                "no agent listens at \(socket): systemctl start \(WellKnown.service).socket, or run trace-agent as root"
            )
        case .accessDenied, .notPermitted:
            Failure(
                .noPermission,
                "you may not give the agent orders: be root, or a member of the group \(WellKnown.user) (adduser NAME \(WellKnown.user))"
            )
        case .brokenPipe, .connectionReset:
            Failure(
                .unavailable,
                "the agent has ended without an answer: journalctl -u \(WellKnown.service) shows why")
        case .wouldBlock:
            Failure(
                .tryAgain,
                "the agent accepts no new clients: what is it doing? systemctl status \(WellKnown.service)")
        default:
            Failure(.operatingSystem, "cannot talk to the agent at \(socket): \(error.code)")
        }
    }
}
