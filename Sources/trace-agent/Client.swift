import ArgumentParser
import FoundationEssentials
import Reactor

/// What `start`, `stop` and `status` have in common: they talk to the agent that runs.
struct Client: ParsableArguments {
    @Option(help: ArgumentHelp("Where the agent listens.", valueName: "path"))
    var socket = Places.defaultSocket

    @Option(help: ArgumentHelp("Longest time to wait for the answer.", valueName: "time"))
    var timeout = Interval(milliseconds: 30_000)

    @Flag(help: "Print the answer as it comes: a JSON object.")
    var json = false

    /// An answer, as far as a client looks into it.
    struct Answer: Decodable {
        /// Why the order was not carried out.
        let error: String?
    }

    /// Orders `word` and shows the answer; what fails ends the program with a line that says why.
    ///
    /// - Parameter check: What is wrong with a report that came, `nil` if nothing is.
    func order(_ word: String, checking check: (Report) -> Failure? = { _ in nil }) throws {
        SignalFD.ignoreFailedWrites()
        do throws(Failure) {
            let line = try ask(word)
            let report = try show(line)
            if let failure = check(report) { throw failure }
        } catch {
            StandardError().write("trace-agent: \(error)\n")
            throw ExitCode(error.status.rawValue)
        }
    }

    private func ask(_ word: String) throws(Failure) -> String {
        do throws(SystemError) {
            let end = ContinuousClock.now + timeout.duration
            let connection = try FileDescriptor.connect(toSocketAt: socket, within: timeout.duration)
            _ = try connection.write(Array("\(word)\n".utf8))
            if let line = try connection.readLine(within: end - .now) { return line }
        } catch {
            throw explain(error)
        }
        throw Failure(
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

    private func show(_ line: String) throws(Failure) -> Report {
        let report: Report
        let answer: Answer
        do {
            report = try JSONDecoder().decode(Report.self, from: Data(line.utf8))
            answer = try JSONDecoder().decode(Answer.self, from: Data(line.utf8))
        } catch {
            let start = Array(line.utf8.prefix(64)).escapedASCII
            throw Failure(
                .protocolError, "whoever listens at \(socket) is no agent of this version: it said \(start)")
        }
        if json { print(line) } else { for line in report.lines { print(line) } }
        if let error = answer.error { throw Failure(.unavailable, error) }
        return report
    }
}
