import CommandSupport
import ControlProtocol
import Logging

/// Steps of a recording that wait for guests, all at the same time, while the loop serves them.
final class RecordingSteps {
    let loop: EventLoop
    private let names: [String]
    private let timeout: Duration
    private let log: Logger
    /// Whether guests may have been started: what fails then ends the recording of one guest only, and a first signal ends the
    /// recording in order.
    var isRecording = false

    /// - Parameter names: What the guests are called.
    init(_ loop: EventLoop, _ names: [String], _ timeout: Duration, _ log: Logger) {
        self.loop = loop
        self.names = names
        self.timeout = timeout
        self.log = log
    }

    /// What the user can do with each guest.
    func advice(_ subcommand: String) -> String {
        names.map { "trace-host \(subcommand) \($0)" }.joined(separator: "; ")
    }

    /// Does something with each guest whose recording has not failed.
    func each(
        _ guests: [GuestRecording], _ body: (GuestRecording) throws(Failure) -> Void
    ) throws(Failure) {
        for guest in guests where guest.failure == nil {
            do throws(Failure) {
                try body(guest)
            } catch {
                guard isRecording else { throw error }
                guest.fail(error)
            }
        }
    }

    /// Serves everything until `isOver`.
    ///
    /// - Returns: `false` if it is not over after `limit`.
    /// - Throws: If a signal ends the program.
    @discardableResult
    func serve(
        within limit: Duration = .seconds(1 << 40), until isOver: () -> Bool
    ) throws(Failure) -> Bool {
        let isEnded = { [self] in loop.isImpatient || (loop.signal != nil && !isRecording) }
        let result = try loop.serve(within: limit) { isOver() || isEnded() }
        if isEnded() {
            throw Failure(
                .tryAgain, "ended by a signal; the agent may go on streaming: \(advice("stop"))")
        }
        return result
    }

    /// Serves everything until `isDone` for each guest, at most for `limit`.
    func wait(
        for guests: [GuestRecording], _ what: String, within limit: Duration,
        until isDone: (GuestRecording) -> Bool
    ) throws(Failure) {
        func waiting() -> [GuestRecording] { guests.filter { $0.failure == nil && !isDone($0) } }
        let unannounced = min(.seconds(1), limit)
        if try serve(within: unannounced, until: { waiting().isEmpty }) || limit == unannounced { return }
        let names = waiting().map(\.name).joined(separator: ", ")
        log.info("waiting for \(what) of \(names), at most \(limit)")
        try serve(within: limit - unannounced) { waiting().isEmpty }
    }

    /// Gives each guest an order, and waits for the answers of those who answer.
    ///
    /// - Parameter limit: `nil`: the timeout.
    func order(
        _ guests: [GuestRecording], _ word: OrderWord, within limit: Duration? = nil,
        _ order: (GuestRecording) throws(Failure) -> Void, then note: (GuestRecording) throws(Failure) -> Void
    ) throws(Failure) {
        try each(guests, order)
        let answering = guests.filter { word == .status || $0.answersWords }
        try wait(
            for: answering, "the answer to \(word.rawValue)", within: min(limit ?? timeout, timeout)
        ) { $0.session.isAnswered }
        try each(guests, note)
    }

    /// Pings each guest whose clock can be read, several times.
    func ping(_ guests: [GuestRecording]) throws(Failure) {
        for guest in guests where guest.failure == nil && !guest.link.agentHasGone {
            guard let pinger = guest.timeLine?.pinger else { continue }
            for _ in 0..<ClockPinger.burst {
                pinger.send()
                // A ping that takes longer says little.
                let isAnswered = try serve(within: .seconds(2)) { guest.session.isAnswered }
                pinger.receive()
                if !isAnswered { break }
            }
        }
    }

    /// Gets a trace header of each guest that answers, into a file.
    func receiveHeaders(
        of guests: [GuestRecording], to path: (GuestRecording) -> String,
        then note: (GuestRecording) throws(Failure) -> Void
    ) throws(Failure) {
        let guests = guests.filter { $0.answersWords && !$0.link.agentHasGone }
        try order(guests, .metadata) { guest throws(Failure) in
            try guest.session.order(.metadata)
        } then: { guest throws(Failure) in
            try guest.session.beginHeader(to: path(guest))
        }
        try wait(for: guests, "the trace header", within: timeout) { $0.session.isHeaderOver }
        try each(guests, note)
    }
}
