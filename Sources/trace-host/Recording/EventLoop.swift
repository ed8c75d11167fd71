import CommandSupport
import ControlProtocol
import Reactor
import TraceFile

/// Serves the streams, the agent's answers, the recorded program and signals while a recording takes its steps.
final class EventLoop {
    let streams: StreamSet
    private var dialog: AgentDialog
    private var reactor: Reactor<Source>
    private let signals: SignalFD
    private let timer: TimerFD
    private var command: ChildProcess?
    /// The signal that has asked for the end.
    private(set) var signal: CInt?
    /// Whether a second signal has come, which does not wait for anything.
    private(set) var isImpatient = false
    /// Why a file could not be written to.
    private(set) var fileError: SystemError?
    private(set) var agentHasGone = false
    private(set) var commandHasEnded = false

    /// The time between two looks at limits.
    private static let tick = Duration.milliseconds(50)

    /// Opens all ports, and blocks the signals that end a recording.
    init(_ ports: GuestPorts, within timeout: Interval) throws(Failure) {
        streams = try StreamSet(ports)
        dialog = AgentDialog(try GuestAgent(ports).connect(within: timeout.duration))
        do throws(SystemError) {
            signals = try SignalFD.ofTerminal()
            timer = try TimerFD()
            let reactor = try Reactor<Source>()
            try reactor.watch(signals.descriptor, for: .readable, as: .signals)
            try reactor.watch(timer.descriptor, for: .readable, as: .ticks)
            try reactor.watch(dialog.descriptor, for: .readable, as: .control)
            try timer.arm(after: Self.tick, every: Self.tick)
            self.reactor = consume reactor
        } catch {
            throw Failure(error)
        }
    }

    /// Begins to serve the streams; until then, what comes waits in the ports.
    func watchStreams() throws(SystemError) { try streams.watch(in: reactor) }

    /// Serves everything until `isOver`, which is asked at least every 50 ms.
    ///
    /// - Returns: `false` if it is not over after `limit`.
    func serve(within limit: Duration = .seconds(1 << 40), until isOver: () -> Bool) throws(Failure) -> Bool {
        let end = ContinuousClock.now + limit
        while !isOver() {
            if ContinuousClock.now > end { return false }
            try wrappingSystemError { () throws(SystemError) in
                for (source, _) in try reactor.wait() { try handle(source) }
            }
        }
        return true
    }

    private func handle(_ source: Source) throws(SystemError) {
        switch source {
        case .signals: try noteSignals()
        case .ticks:
            _ = try timer.expirations()
            // A turn may have left lines that were read.
            try receive()
        case .command:
            commandHasEnded = true
            if let command { try reactor.rearm(command.descriptor, for: .once, as: .command) }
        case .control: try receive()
        case .stream(let place):
            do throws(SystemError) {
                try streams.move(place, in: reactor)
            } catch {
                fileError = error
                streams.stopWriting()
            }
        }
    }

    private func noteSignals() throws(SystemError) {
        while let next = try signals.next() {
            isImpatient = signal != nil
            signal = next
        }
    }

    /// Whether a signal has come since the last call: for work that is done without the loop.
    func hasNewSignal() -> Bool { (try? signals.next()) != nil }

    private func receive() throws(SystemError) {
        if agentHasGone { return }
        do throws(SystemError) {
            try dialog.receive()
        } catch  where error.code.meansGone {
            agentHasGone = true
            // A hang-up would be reported for ever.
            try reactor.rearm(dialog.descriptor, for: .once, as: .control)
        }
    }

    /// Gives the agent an order: see `AgentDialog`.
    func give(_ order: (inout AgentDialog) throws(SystemError) -> Void) throws(SystemError) {
        try order(&dialog)
    }

    /// The line that answers the last order; `nil` if it has not come.
    var answer: String? { dialog.answer }

    /// See `AgentDialog`.
    var clock: TraceClock? {
        get { dialog.clock }
        set { dialog.clock = newValue }
    }
    var times: (sent: Int, arrived: Int) { dialog.times }
    /// Who has the control port, `nil` if it is no socket.
    var peer: PeerCredentials? { try? dialog.descriptor.peerCredentials() }

    /// Lets the bytes that follow the answer go to `file`.
    func receiveHeader(_ bytes: Int, to file: NamedFile?) throws(SystemError) {
        dialog.receiveHeader(bytes, to: file)
        // Some may have come with the answer's line.
        try receive()
    }

    var isHeaderComplete: Bool { dialog.isHeaderComplete }
    var headerError: SystemError? { dialog.headerError }

    var isCommandRunning: Bool { command != nil && !commandHasEnded }

    /// Starts the program that is recorded.
    func run(_ words: [String]) throws(SystemError) {
        let command = try ChildProcess(words, passing: Self.standardInput, as: 0)
        self.command = command
        try reactor.watch(command.descriptor, for: .readable, as: .command)
    }

    /// Never closed: later files must not get its number.
    private static let standardInput = FileDescriptor(owning: 0)

    /// The exit code of the program; `nil` if there is none, or it still runs.
    var commandStatus: Int32? { command?.status(within: .zero) }

    /// Asks the program to end.
    func terminateCommand() { command?.terminate() }
}
