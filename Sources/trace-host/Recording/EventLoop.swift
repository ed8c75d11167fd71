import CommandSupport
import Reactor

/// Serves the guests' streams and answers, the recorded program, triggers and signals while a recording takes its steps.
final class EventLoop {
    private let links: [GuestLink]
    private var reactor: Reactor<Source>
    private let signals: SignalFD
    private let timer: TimerFD
    /// `nil` if there is no flight recorder.
    private let trigger: FlightTrigger?
    private var command: ChildProcess?
    /// The signal that has asked for the end.
    private(set) var signal: CInt?
    /// Whether a second signal has come, which does not wait for anything.
    private(set) var isImpatient = false
    private(set) var commandHasEnded = false

    /// The time between two looks at limits.
    private static let tick = Duration.milliseconds(50)

    /// Blocks the signals that end a recording, or trigger a flight recorder.
    init(_ links: [GuestLink], _ trigger: FlightTrigger?) throws(Failure) {
        self.links = links
        self.trigger = trigger
        do throws(SystemError) {
            signals = try SignalFD.ofTerminalAndTrigger()
            timer = try TimerFD()
            let reactor = try Reactor<Source>()
            try reactor.watch(signals.descriptor, for: .readable, as: .signals)
            try reactor.watch(timer.descriptor, for: .readable, as: .ticks)
            try trigger?.watch(in: reactor)
            for (guest, link) in links.enumerated() {
                try link.watchAnswers(in: reactor, as: .control(guest: guest))
            }
            try timer.arm(after: Self.tick, every: Self.tick)
            self.reactor = consume reactor
        } catch {
            throw Failure(error)
        }
    }

    /// Begins to serve the streams; until then, what comes waits in the ports.
    func watchStreams() throws(SystemError) {
        for (guest, link) in links.enumerated() {
            try link.streams.watch(in: reactor) { .stream(guest: guest, place: $0) }
        }
    }

    /// Serves everything until `isOver`, which is asked every 50 ms, and after everything but pages.
    ///
    /// - Returns: `false` if it is not over after `limit`.
    func serve(within limit: Duration = .seconds(1 << 40), until isOver: () -> Bool) throws(Failure) -> Bool {
        let end = ContinuousClock.now + limit
        while !isOver() {
            if ContinuousClock.now > end { return false }
            try wrappingSystemError { () throws(SystemError) in try serveUntilTick() }
        }
        return true
    }

    /// Waits for anything but pages, which it moves meanwhile.
    private func serveUntilTick() throws(SystemError) {
        var isOnlyPages = true
        while isOnlyPages {
            for (source, _) in try reactor.wait() {
                try handle(source)
                if case .stream = source { continue }
                isOnlyPages = false
            }
        }
    }

    private func handle(_ source: Source) throws(SystemError) {
        switch source {
        case .signals: try noteSignals()
        case .ticks:
            _ = try timer.expirations()
            // A turn may have left lines that were read.
            for link in links { link.receive() }
        case .command:
            commandHasEnded = true
            if let command { try reactor.rearm(command.descriptor, for: .once, as: .command) }
        case .terminal: try trigger?.readTerminal(in: reactor)
        case .triggerFile: try trigger?.checkFile()
        case .control(let guest): try links[guest].receive(in: reactor, as: source)
        case .stream(let guest, let place): try links[guest].move(place, in: reactor, as: source)
        }
    }

    private func noteSignals() throws(SystemError) {
        while let next = try signals.next() {
            if next == SignalFD.trigger {
                trigger?.pull()
            } else {
                isImpatient = signal != nil
                signal = next
            }
        }
    }

    /// Whether a signal has come since the last call: for work that is done without the loop.
    func hasNewSignal() -> Bool {
        while let next = try? signals.next() {
            if next != SignalFD.trigger { return true }
        }
        return false
    }

    /// Whether the flight recorders are to send.
    var isTriggered: Bool { trigger?.isPulled == true || commandHasEnded }

    var isCommandRunning: Bool { command != nil && !commandHasEnded }

    /// Starts the program that is recorded.
    func run(_ words: [String]) throws(SystemError) {
        let command = try ChildProcess(words, passing: FlightTrigger.standardInput, as: 0)
        self.command = command
        try reactor.watch(command.descriptor, for: .readable, as: .command)
    }

    /// The exit code of the program; `nil` if there is none, or it still runs.
    var commandStatus: Int32? { command?.status(within: .zero) }

    /// Asks the program to end.
    func terminateCommand() { command?.terminate() }
}
