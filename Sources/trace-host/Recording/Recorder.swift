import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// A recording of guests, step by step and all together, while one loop serves their streams.
///
/// A guest that fails before the start ends the recording of all; later only its own.
final class Recorder {
    private let options: RecordingOptions
    private let log: Logger
    private let guests: [GuestRecording]
    private let steps: RecordingSteps
    private var loop: EventLoop { steps.loop }
    private let trigger: FlightTrigger?
    private let progress: RecordingProgress
    private let timeLine: HostTimeLine
    /// Why the recording of all has ended early.
    private var trouble: Failure?

    /// An agent of the original kind never answers: more patience than this would only be a longer wait.
    private static let patience = Duration.seconds(5)
    /// How long an agent of the original kind, which has no order `dump`, sends what its ring buffers hold.
    private static let dumpTime = Duration.seconds(1)

    /// Opens all ports.
    init(_ targets: [RecordingTarget], _ options: RecordingOptions, _ log: Logger) throws(Failure) {
        self.options = options
        self.log = log
        timeLine = HostTimeLine(options.timeLine)
        trigger = try options.flight.map { flight throws(Failure) in
            try FlightTrigger(file: flight.file, readsTerminal: options.command.isEmpty)
        }
        var guests: [GuestRecording] = []
        for target in targets {
            let prefix = targets.count > 1 ? "\(ProgramName.own): \(target.ports.name)" : ProgramName.own
            let ownLog = Logger(label: prefix) { _ in StandardErrorLog(program: prefix) }
            guests.append(try GuestRecording(target, options, ownLog))
        }
        self.guests = guests
        steps = RecordingSteps(
            try EventLoop(guests.map(\.link), trigger), guests.map(\.name), options.timeout.duration, log)
        progress = RecordingProgress(guests: guests.count)
    }

    /// Records.
    ///
    /// - Returns: The exit code: of what has failed, of COMMAND, or of what has ended a recording early.
    func run() -> Int32 {
        do throws(Failure) {
            try prepare()
            try begin()
            try end()
        } catch {
            for guest in guests { guest.fail(error) }
        }
        progress.clear()
        loop.terminateCommand()
        clearSetups()
        endHost()
        for guest in guests {
            guest.conclude(isFlight: options.flight != nil, isCancelled: loop.hasNewSignal)
        }
        if let trouble { log.error("\(trouble)") }
        if let failure = guests.lazy.compactMap(\.failure).first { return failure.status.rawValue }
        let status = loop.commandStatus ?? 0
        let troubles = [trouble] + guests.map(\.trouble)
        return status == 0 ? troubles.lazy.compactMap(\.self).first?.status.rawValue ?? 0 : status
    }

    /// Learns what the agents have counted so far, drops what an earlier recording has left, and gets trace headers.
    private func prepare() throws(Failure) {
        try steps.order(guests, .status, within: Self.patience) { guest throws(Failure) in
            try guest.session.order(.status)
        } then: { guest throws(Failure) in
            try guest.noteFirstStatus()
        }
        let stopping = guests.filter { $0.isToBeStoppedFirst(forFlight: options.flight != nil) }
        let continued = guests.filter { guest in
            guest.isContinued && !stopping.contains { $0 === guest }
        }
        try steps.each(continued) { guest throws(Failure) in try guest.makeFiles() }
        try wrappingSystemError(loop.watchStreams)
        // Pages of a stop that is under way are not this recording's.
        try steps.order(stopping, .stop) { guest throws(Failure) in
            try guest.session.order(.stop)
        } then: { guest throws(Failure) in
            try guest.noteEarlyStop()
        }
        let others = guests.filter { !$0.isContinued }
        // What comes later than the silence is cut off at the end.
        let begun = ContinuousClock.now
        try steps.serve(within: GuestCounts.deliveryPatience) {
            others.allSatisfy {
                ContinuousClock.now - max(begun, $0.link.streams.lastArrival) > GuestCounts.shortSilence
            }
        }
        for guest in others { guest.noteDropped() }
        try steps.order(guests.filter(\.setup.isAskedFor), .setup) { guest throws(Failure) in
            try guest.beginSetup()
        } then: { guest throws(Failure) in
            try guest.noteSetup()
        }
        try steps.receiveHeaders(of: guests, to: \.files.header) { guest throws(Failure) in
            try guest.noteFirstHeader()
        }
        try steps.each(others) { guest throws(Failure) in try guest.makeFiles() }
        try steps.each(guests) { guest throws(Failure) in try guest.beginTimeLine(timeLine) }
        try timeLine.begin(guests.compactMap(\.timeLine?.clock))
        try steps.ping(guests)
    }

    /// What was set up is put back, whatever has ended the recording.
    private func clearSetups() {
        let guests = guests.filter { $0.setup.isInForce && !$0.link.agentHasGone }
        for guest in guests { guest.setup.end() }
        _ = try? loop.serve(within: Self.patience) {
            guests.allSatisfy(\.session.isAnswered) || loop.isImpatient
        }
        for guest in guests { guest.setup.noteEnd() }
    }

    /// Ends the host's recording, unless there is nothing beside it.
    private func endHost() {
        if guests.allSatisfy({ $0.failure != nil }) { return timeLine.drop() }
        do throws(Failure) { try timeLine.end() } catch { trouble = trouble ?? error }
    }

    /// Starts the guests, at once or at the trigger, and records until the end.
    private func begin() throws(Failure) {
        for guest in guests { guest.begin() }
        let isFlight = options.flight != nil
        steps.isRecording = isFlight
        if isFlight { try waitForTrigger() }
        // The others get a dump at the end.
        let started = isFlight && options.flight?.after == nil ? guests.filter { !$0.answersWords } : guests
        if started.isEmpty { return }
        steps.isRecording = isFlight || guests.count > 1
        try start(started)
        steps.isRecording = true
        if let failure = guests.lazy.compactMap(\.failure).first,
            guests.allSatisfy({ $0.failure != nil })
        {
            throw failure
        }
        if !isFlight { runCommand() }
        try record(
            for: isFlight ? options.flight?.after?.duration ?? Self.dumpTime : options.duration?.duration)
    }

    private func start(_ guests: [GuestRecording]) throws(Failure) {
        try steps.order(guests, .start) { guest throws(Failure) in
            try guest.start()
        } then: { guest throws(Failure) in
            try guest.noteStart()
        }
    }

    private func runCommand() {
        guard !options.command.isEmpty else { return }
        do throws(SystemError) {
            try loop.run(options.command)
        } catch {
            trouble = Failure(.usage, "cannot run \(options.command[0]): \(error.code)")
        }
    }

    private func waitForTrigger() throws(Failure) {
        runCommand()
        let choices = trigger?.choices(hasCommand: !options.command.isEmpty) ?? ""
        log.notice("the ring buffers record; what they hold comes at a trigger: \(choices)")
        try steps.serve {
            showProgress()
            return loop.isTriggered || loop.signal != nil || isOver
        }
        if loop.isTriggered || isOver { return }
        throw Failure(
            .tryAgain,
            "ended by a signal before a trigger; the ring buffers keep what they hold: \(steps.advice("dump"))"
        )
    }

    /// Until the time is over, COMMAND ends, a signal comes, all guests are gone, or a disk is full.
    private func record(for length: Duration?) throws(Failure) {
        let end = length.map { ContinuousClock.now + $0 }
        while true {
            var due: [GuestRecording] = []
            var isEnd = false
            try steps.serve {
                showProgress()
                isEnd = isOver || loop.signal != nil || (options.flight == nil && loop.commandHasEnded)
                if let end, .now >= end { isEnd = true }
                due = isEnd ? [] : guests.filter { $0.isPartOver() }
                return isEnd || !due.isEmpty
            }
            if isEnd { return }
            try beginNextPart(of: due)
        }
    }

    private func showProgress() {
        for guest in guests { guest.enquire(statusEvery: progress.statusPeriod) }
        progress.show(guests)
    }

    private var isOver: Bool {
        trouble != nil || guests.allSatisfy(\.isOver) || guests.contains(where: \.hasFullDisk)
    }

    /// Between the stop and the start, the ring buffers record on.
    private func beginNextPart(of guests: [GuestRecording]) throws(Failure) {
        try stop(guests, isSeam: true)
        let going = guests.filter { !$0.isOver }
        try steps.each(going) { guest throws(Failure) in try guest.beginNextPart() }
        try start(going)
        try steps.receiveHeaders(of: going, to: \.headerOfPart) { guest throws(Failure) in
            try guest.noteHeaderOfPart()
        }
        try steps.each(going) { guest throws(Failure) in guest.assemblePart() }
    }

    /// Stops guests, and waits for what they have sent.
    private func stop(_ guests: [GuestRecording], isSeam: Bool) throws(Failure) {
        try steps.order(guests, .stop) { guest throws(Failure) in
            try guest.stop()
        } then: { guest throws(Failure) in
            try guest.noteStop()
        }
        try steps.serve {
            for guest in guests { guest.noteFullDisk() }
            return guests.allSatisfy { $0.failure != nil || $0.hasFullDisk || $0.isDelivered(isSeam: isSeam) }
        }
    }

    /// Stops the agents, and gets their last trace headers.
    private func end() throws(Failure) {
        progress.clear()
        if loop.isCommandRunning {
            loop.terminateCommand()
            try steps.serve(within: GuestCounts.deliveryPatience) { !loop.isCommandRunning }
        }
        let present = guests.filter { $0.isToBeStopped() }
        try stop(present, isSeam: false)
        try steps.each(present) { guest throws(Failure) in try guest.checkFiles() }
        try steps.ping(present)
        try steps.receiveHeaders(of: present, to: \.files.header) { guest throws(Failure) in
            try guest.noteLastHeader()
        }
    }
}
