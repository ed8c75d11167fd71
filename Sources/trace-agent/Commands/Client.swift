import ArgumentParser
import FoundationEssentials
import Reactor

/// What `start`, `stop` and `status` have in common: they talk to the agent that runs.
struct Client: ParsableArguments {
    @Option(help: ArgumentHelp("Where the agent listens.", valueName: "path"))
    var socket = TracingOptions.defaultSocket

    @Option(help: ArgumentHelp("Longest time to wait for the answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 30_000)

    @Flag(help: "Print the answer as it comes: a JSON object.")
    var json = false

    /// An answer, as far as a client looks into it.
    struct Answer: Decodable {
        /// Why the order was not carried out.
        let error: String?
        /// How many follow the line, if it announces any.
        let bytes: Int?
    }

    /// Orders `word` and shows the answer; what fails ends the program with a line that says why.
    ///
    /// - Parameter check: What is wrong with a report that came, `nil` if nothing is.
    func order(_ word: String, checking check: (Report) -> Failure? = { _ in nil }) throws {
        try complaining { () throws(Failure) in
            let line = try ask(word)
            let report = try show(line)
            if let failure = check(report) { throw failure }
        }
    }

    /// Runs `body`; what fails in it ends the program with a line that says why.
    func complaining(_ body: () throws(Failure) -> Void) throws {
        SignalFD.ignoreFailedWrites()
        do throws(Failure) {
            try body()
        } catch {
            StandardError.shared.write("trace-agent: \(error)\n")
            throw ExitCode(error.status.rawValue)
        }
    }

    private func ask(_ word: String) throws(Failure) -> String {
        let end = deadline
        var connection = try send(word, until: end)
        return try line(from: &connection, until: end)
    }

    /// When the wait for an answer that is asked for now is over.
    var deadline: ContinuousClock.Instant { .now + timeout.duration }

    /// Orders `word`; what comes is the answer.
    func send(_ word: String, until end: ContinuousClock.Instant) throws(Failure) -> LineReader {
        do throws(SystemError) {
            let connection = try FileDescriptor.connect(toSocketAt: socket, within: end - .now)
            _ = try connection.write(Array("\(word)\n".utf8))
            return LineReader(connection)
        } catch {
            throw explain(error)
        }
    }

    /// The line that comes next.
    func line(
        from connection: inout LineReader, until end: ContinuousClock.Instant
    ) throws(Failure) -> String {
        do throws(SystemError) {
            if let line = try connection.line(within: end - .now) { return line }
        } catch {
            throw explain(error)
        }
        throw noAnswer
    }

    /// The bytes that come next, at most `count`; each time they may take as long as an answer.
    func bytes(from connection: inout LineReader, atMost count: Int) throws(Failure) -> [UInt8] {
        do throws(SystemError) {
            if let bytes = try connection.bytes(atMost: count, within: timeout.duration) { return bytes }
        } catch {
            throw explain(error)
        }
        throw noAnswer
    }

    private var noAnswer: Failure {
        Failure(
            .tryAgain,
            "no answer within \(timeout): what is the agent doing? systemctl status virtio-trace-agent")
    }

    private func explain(_ error: SystemError) -> Failure {
        switch error.code {
        case .noEntry, .connectionRefused, .notADirectory:
            Failure(
                .unavailable,
                "no agent listens at \(socket): systemctl start virtio-trace-agent.socket, or run trace-agent as root"
            )
        case .accessDenied, .notPermitted:
            Failure(
                .noPermission,
                "you may not give the agent orders: be root, or a member of the group \(Identity.name) (adduser NAME \(Identity.name))"
            )
        case .brokenPipe, .connectionReset:
            Failure(
                .unavailable,
                "the agent has gone without an answer: journalctl -u virtio-trace-agent says why")
        case .wouldBlock:
            Failure(
                .tryAgain,
                "the agent does not take new clients: what is it doing? systemctl status virtio-trace-agent")
        default:
            Failure(.operatingSystem, "cannot talk to the agent at \(socket): \(error.code)")
        }
    }

    func decode<Value: Decodable>(_ type: Value.Type, _ line: String) throws(Failure) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(line.utf8))
        } catch {
            let start = Array(line.utf8.prefix(64)).escapedASCII
            throw Failure(
                .protocolError, "whoever listens at \(socket) is no agent of this version: it said \(start)")
        }
    }

    private func show(_ line: String) throws(Failure) -> Report {
        let report = try decode(Report.self, line)
        let answer = try decode(Answer.self, line)
        if json { print(line) } else { for line in report.lines { print(line) } }
        if let error = answer.error { throw Failure(.unavailable, error) }
        return report
    }
}
