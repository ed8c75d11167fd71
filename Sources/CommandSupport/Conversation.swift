import ControlProtocol
import Reactor

/// One order to a running agent and its answer; what fails is explained to the user.
package struct Conversation: ~Copyable {
    private var connection: AgentConnection
    private let word: OrderWord
    private let id: OrderID
    private let place: any AgentPlace
    private let timeout: Interval
    /// When the wait for the answer's line is over.
    private let end: ContinuousClock.Instant

    /// A wait that is longer than this is announced.
    private static let unannounced = Duration.seconds(1)

    /// Connects and sends the order; connecting and waiting together take `timeout` at most.
    package init(_ request: Request, at place: any AgentPlace, within timeout: Interval) throws(Failure) {
        end = .now + timeout.duration
        word = request.word
        id = .random()
        let request = request.named(id)
        try request.checkLength()
        connection = try Self.connect(request, place, timeout)
        self.place = place
        self.timeout = timeout
    }

    private static func connect(
        _ request: Request, _ place: any AgentPlace, _ timeout: Interval
    ) throws(Failure) -> AgentConnection {
        let connection = try place.connect(within: timeout.duration)
        do throws(SystemError) {
            try connection.send(request)
        } catch {
            throw place.explain(error)
        }
        return connection
    }

    /// The line that answers the order.
    ///
    /// - Throws: 76 if another line comes where nothing else can be.
    package mutating func line() throws(Failure) -> String {
        let announcement = ContinuousClock.now + Self.unannounced
        var isAnnounced = false
        while true {
            if let line = try nextLine(until: isAnnounced ? end : min(end, announcement)) {
                if id.isAnswered(by: line) { return line }
                guard line.isEmpty || place.hasEarlierAnswers else { throw unexpected(line) }
                // However many lines come.
                if ContinuousClock.now < end { continue }
                throw noAnswer
            }
            if isAnnounced || end <= announcement { throw noAnswer }
            isAnnounced = true
            StandardError.shared.write(
                "\(ProgramName.own): waiting for the answer of \(place.name) to \(word.rawValue), at most \(timeout)\n"
            )
        }
    }

    private mutating func nextLine(until end: ContinuousClock.Instant) throws(Failure) -> String? {
        do throws(SystemError) {
            return try connection.line(within: end - .now)
        } catch {
            throw place.explain(error)
        }
    }

    /// The bytes that come next, at most `count`; each time they may take as long as an answer.
    package mutating func bytes(atMost count: Int) throws(Failure) -> [UInt8] {
        do throws(SystemError) {
            if let bytes = try connection.bytes(atMost: count, within: timeout.duration) { return bytes }
        } catch {
            throw place.explain(error)
        }
        throw noAnswer
    }

    /// The answer in `line`.
    package func parse<Line: AnswerLine>(_ line: String) throws(Failure) -> Line {
        do throws(NotAnAnswer) {
            return try Line(line: line)
        } catch {
            throw unexpected(line)
        }
    }

    private func unexpected(_ line: String) -> Failure {
        Failure(noAnswer: line, from: "the program at \(place.name)")
    }

    private var noAnswer: Failure {
        Failure(.tryAgain, "no answer within \(timeout): \(place.adviceIfSilent)")
    }
}
