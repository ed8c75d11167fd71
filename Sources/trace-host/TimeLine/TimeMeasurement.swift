import CommandSupport
import ControlProtocol
import FoundationEssentials
import Glibc
import Reactor
import TraceFile

/// The offset of a guest's trace clock, measured by pings one after the other.
struct TimeMeasurement {
    private let clock: TraceClock
    private let pings: [ClockPing]
    private let offset: ClockOffset
    private let scale: CounterScale?

    /// Measures, which takes `count` times `period`, and the time of the answers.
    ///
    /// - Throws: 69 if the clock cannot be read, 75 if an answer does not come.
    init(
        of guest: GuestAgent, pings count: Int, period: Duration, within timeout: Interval
    ) throws(Failure) {
        let counter = CounterMeasurement()
        var connection = try guest.connect(within: timeout.duration)
        // The clock is not known before the first answer: that one is no measurement.
        let (first, _) = try Self.ping(&connection, guest, nil, within: timeout)
        if let error = first.error { throw Failure(.unavailable, error) }
        guard let clock = first.clock.flatMap(TraceClock.init) else {
            throw Failure(.protocolError, "the agent's trace clock is not known here")
        }
        var pings: [ClockPing] = []
        for _ in 0..<count {
            let (answer, times) = try Self.ping(&connection, guest, clock, within: timeout)
            guard answer.clock == clock.rawValue, let received = answer.received,
                let answered = answer.answered
            else { throw Failure(.unavailable, "the trace clock of the guest has changed meanwhile") }
            pings.append(
                ClockPing(sent: times.sent, received: received, answered: answered, arrived: times.arrived))
            usleep(useconds_t(period / .microseconds(1)))
        }
        (self.clock, self.pings) = (clock, pings)
        offset = ClockOffset(pings, isCounter: clock == .counter)
        scale = clock == .counter ? counter.scale : nil
    }

    private static func ping(
        _ connection: inout AgentConnection, _ guest: GuestAgent, _ clock: TraceClock?,
        within timeout: Interval
    ) throws(Failure) -> (answer: TimeAnswer, times: (sent: Int, arrived: Int)) {
        let (id, end) = (OrderID.random(), ContinuousClock.now + timeout.duration)
        do throws(SystemError) {
            let sent = clock?.now ?? 0
            try connection.send(Request(.time, id: id))
            while let line = try connection.line(within: max(.zero, end - .now)) {
                let arrived = clock?.now ?? 0
                if id.isAnswered(by: line) {
                    if let answer = try? TimeAnswer(line: line) { return (answer, (sent, arrived)) }
                    break
                }
                // What is no answer was left by an earlier reader; however many lines come.
                if ContinuousClock.now >= end { break }
            }
        } catch {
            throw guest.explain(error)
        }
        throw Failure(
            .tryAgain, "no time from \(guest.name) within \(timeout): \(guest.adviceIfSilent)")
    }

    var isEmpty: Bool { offset.lines.isEmpty }

    var lines: [String] { TimeLineText(clock, scale).lines(offset, from: "\(pings.count) pings") }

    /// All of it, as one line.
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let contents = Contents(clock: clock, pings: pings, offset: offset, bound: offset.bound)
        guard let data = try? encoder.encode(contents) else {
            preconditionFailure("strings and numbers only")
        }
        return String(decoding: data, as: UTF8.self)
    }

    private struct Contents: Encodable {
        let clock: TraceClock
        let pings: [ClockPing]
        let offset: ClockOffset
        let bound: Int?
    }
}
