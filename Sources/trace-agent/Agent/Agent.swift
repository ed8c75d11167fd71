import CommandSupport
import ControlProtocol
import Logging
import Reactor

/// The reactor thread: it routes what happens to the part that it concerns, and passes on what that part brings about.
///
/// A page goes ring -> pipe -> sink in `Drainer`, when `Streaming` says so. An order comes from `Control`, is carried
/// out here, and its effects go back to `Control` as answers.
struct Agent: ~Copyable {
    private var reactor: AgentReactor
    private var lifetime: Lifetime
    private var streaming: Streaming
    private var control: Control
    private var headers: Headers
    private var ports: PortMonitor
    private var notifier: ServiceNotifier
    private var retryTimer: RetryTimer
    private var stopLog: StopLog
    private let log: Logger

    /// Takes over the parts, which watch their own descriptors in `reactor`.
    init(
        _ reactor: consuming AgentReactor, _ lifetime: consuming Lifetime, _ streaming: consuming Streaming,
        _ control: consuming Control, _ headers: Headers, _ ports: consuming PortMonitor,
        _ notifier: consuming ServiceNotifier, log: Logger
    ) throws(SystemError) {
        var reactor = reactor
        retryTimer = try RetryTimer(&reactor)
        self.reactor = reactor
        self.lifetime = lifetime
        self.streaming = streaming
        self.control = control
        self.headers = headers
        self.ports = ports
        self.notifier = notifier
        stopLog = StopLog(log)
        self.log = log
    }

    /// Serves orders until a signal or a failure ends the agent; then restores settings and logs the summary.
    mutating func run() throws(Failure) {
        do throws(SystemError) {
            try serve()
            try streaming.readStats()
        } catch {
            lifetime.end(because: Failure(error))
        }
        restoreSettings()
        for line in ReportTable.lines(of: report()) { log.info("\(line)") }
        if streaming.isStuck { lifetime.exitWithoutWorker() }
        if let failure = lifetime.failure ?? streaming.outputProblem { throw failure }
    }

    /// Whether another signal has come, after the one that ended `run`.
    var hasPendingSignal: Bool { lifetime.hasPendingSignal }

    private mutating func serve() throws(SystemError) {
        // Ports that came between their opening and the watch of their folder were not announced.
        try lookForPorts()
        ports.startUpIsOver()
        try notifier.ready()
        try notifyStatus()
        if lifetime.isForeground, !ports.isControlExpected { try start() }
        try lifetime.begin()
        while !(lifetime.isEnding && streaming.isAtRest) {
            for (source, readiness) in try reactor.wait() { try handle(source, readiness) }
            if control.isSendingHeaders { try sendHeaders() }
            try restartIfWanted()
            try retryTimer.set(nextRetry)
        }
    }

    private mutating func handle(_ source: Source, _ readiness: Readiness) throws(SystemError) {
        switch source {
        case .ring(let index): streaming.ringIsReadable(index)
        case .readiness(let index): try apply(streaming.jobHasEnded(index, &reactor))
        case .sink(let index): try apply(streaming.sinkIsReady(index, readiness))
        case .flushTimer:
            try streaming.flushTimerHasFired()
            try notifyStatusIfDue()
        case .deadline: try apply(streaming.deadlineHasPassed())
        case .control: try carryOutOrders(of: .host)
        case .client(let place):
            if readiness.contains(.readable) { control.noteActivity(ofClient: place) }
            try carryOutOrders(of: .client(place: place))
        case .listener(let index): try control.accept(index, &reactor)
        case .header(let index): try headerIsBuilt(index)
        case .headerTurn: control.beginHeaderTurn()
        case .portsFolder: if try ports.hasFolderChanged() { try lookForPorts() }
        case .heartbeat: try beat()
        case .retryTimer: if try retryTimer.hasFired() { try retry() }
        case .durationTimer: if try lifetime.isDurationOver() { try endInOrder() }
        case .signals: try carryOutSignals()
        }
    }

    // MARK: orders

    private mutating func carryOutOrders(of stream: StreamID) throws(SystemError) {
        control.beginTurn(stream)
        while let (word, isAnswered) = control.nextOrder(stream) {
            if isAnswered, word != .status, word != .dump { control.oweAnswer(to: word, stream) }
            switch word {
            case .start: try start()
            case .stop: try apply(streaming.stop())
            case .dump: try dump(stream)
            case .status: try answer(.status, stream)
            case .metadata: try buildHeaders()
            }
        }
    }

    private mutating func start() throws(SystemError) {
        if lifetime.isEnding { return }
        if streaming.isStopped { try openNewPorts() }
        try apply(streaming.start(&reactor))
    }

    /// Sends what the ring buffers hold now, then stops; while pages move, the same as a stop.
    private mutating func dump(_ stream: StreamID) throws(SystemError) {
        if streaming.isStopped {
            try openNewPorts()
            if let problem = streaming.dumpProblem { return try answer(.dump, stream, error: problem) }
            try start()
        }
        control.oweAnswer(to: .dump, stream)
        try apply(streaming.stop())
    }

    private mutating func answer(
        _ word: OrderWord, _ stream: StreamID, error: String? = nil
    ) throws(SystemError) {
        guard control.canAnswer(stream) else { return }
        try streaming.readStats()
        control.answer(word, stream, report(), error: error)
    }

    /// Passes on what `streaming` has brought about: one report serves the manager, the log and all answers.
    private mutating func apply(_ effects: [Effect]) throws(SystemError) {
        for effect in effects {
            switch effect {
            case .started(let problem):
                let report = report()
                notifier.status(report)
                control.answerOwed(report, error: problem)
            case .unchanged(let problem):
                guard control.isAnyAnswerOwed else { continue }
                try streaming.readStats()
                control.answerOwed(report(), error: problem)
            case .stopped(let startsNext):
                let report = report()
                lifetime.prepareLastFlush()
                stopLog.log(report, isLast: lifetime.isEnding)
                notifier.status(report)
                control.answerOwed(report, where: { !startsNext || $0.waitsForStop })
                if startsNext { try start() }
            case .outputFailed(let failure): lifetime.end(because: failure)
            }
        }
        if lifetime.isEnding { try streaming.prepareExit() }
    }

    private func report() -> Report { streaming.report(ordersRefused: control.refusedCount) }

    // MARK: headers

    private mutating func buildHeaders() throws(SystemError) {
        if lifetime.isEnding { return }
        for origin in headers.build(for: control.originsOwedHeader) { control.headerIsBeingMade(for: origin) }
    }

    private mutating func headerIsBuilt(_ index: Int) throws(SystemError) {
        guard let header = try headers.headerIsBuilt(index) else { return }
        control.sendHeader(
            Attachment(header.file, bytes: header.bytes), announcedBy: header.line, to: header.origin)
    }

    private mutating func sendHeaders() throws(SystemError) {
        for origin in control.sendHeaders() { try headers.release(origin) }
        try buildHeaders()
    }

    // MARK: ports

    /// Serves what has come or has come back: the control port, and the ports of CPUs.
    private mutating func lookForPorts() throws(SystemError) {
        if lifetime.isEnding { return }
        try openControl()
        try reopenGonePorts()
        try openNewPorts()
    }

    private mutating func openControl() throws(SystemError) {
        guard !control.hasHost, let port = ports.openControl() else { return }
        try control.attach(OrderStream(port.descriptor, kind: port.kind), &reactor)
    }

    private mutating func openNewPorts() throws(SystemError) {
        for channel in ports.openNewPorts() {
            do throws(SystemError) {
                try streaming.add(channel, &reactor)
                ports.isServed(cpu: channel.cpu)
            } catch {
                ports.cannotServe(cpu: channel.cpu, because: Failure(error))
            }
        }
    }

    private mutating func reopenGonePorts() throws(SystemError) {
        for (index, sink, cpu) in streaming.gonePorts {
            do throws(Failure) {
                guard try ports.reopen(sink, cpu: cpu) else { continue }
            } catch {
                streaming.portStaysGone(index, because: error)
                continue
            }
            try streaming.portIsBack(index, &reactor)
        }
    }

    /// Ends an agent that has nothing to do and could do more after a restart by systemd.
    private mutating func restartIfWanted() throws(SystemError) {
        guard let wish = ports.restartWish, streaming.isStopped, !lifetime.isEnding else { return }
        notifier.stopping()
        lifetime.end(because: wish)
        try streaming.prepareExit()
    }

    // MARK: timers

    private var nextRetry: Duration? {
        let parts = [
            streaming.nextRetry, control.nextRetry, headers.nextRetry, notifier.nextRetry,
            ports.nextRetry(hasControl: control.hasHost),
        ]
        return parts.compactMap { $0 }.min()
    }

    /// Tries what no event announces.
    private mutating func retry() throws(SystemError) {
        try streaming.retry()
        try reopenGonePorts()
        if ports.awaitsControl(hasControl: control.hasHost) { try openControl() }
        try control.retry(&reactor)
        if headers.nextRetry != nil { try buildHeaders() }
        notifier.retry()
        for stream in control.pausedStreams { try carryOutOrders(of: stream) }
    }

    /// The heartbeat: tells the watchdog that the loop goes round, unless a worker is stuck.
    private mutating func beat() throws(SystemError) {
        guard try notifier.isBeatDue() else { return }
        if !streaming.isAnyWorkerStuck() { notifier.alive() }
        try notifyStatusIfDue()
    }

    private mutating func notifyStatusIfDue() throws(SystemError) {
        if notifier.isStatusDue { try notifyStatus() }
    }

    private mutating func notifyStatus() throws(SystemError) {
        guard notifier.wantsStatus else { return }
        try streaming.readStats()
        notifier.status(report())
    }

    // MARK: the end

    private mutating func carryOutSignals() throws(SystemError) {
        for request in try lifetime.requests() {
            switch request {
            case .reload: try reload()
            case .end: try endInOrder()
            case .endAtOnce(let signal):
                restoreSettings()
                lifetime.exitBecause(ofSignal: signal)
            }
        }
    }

    /// `SIGHUP`: looks for ports that have come, or have come back.
    private mutating func reload() throws(SystemError) {
        if lifetime.isEnding { return }
        notifier.reloading()
        try lookForPorts()
        log.info("reloaded: \(streaming.channelCount) CPUs have a port")
        notifier.reloaded()
        try notifyStatus()
    }

    /// Sends what was recorded until now, and exits.
    private mutating func endInOrder() throws(SystemError) {
        lifetime.end()
        notifier.stopping()
        lifetime.prepareLastFlush()
        try apply(streaming.stop())
    }

    private mutating func restoreSettings() {
        lifetime.prepareLastFlush()
        streaming.restoreSettings()
    }
}
