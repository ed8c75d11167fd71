import CommandSupport
import ControlProtocol
import Reactor

/// The reactor thread: gives each event to the part that it concerns, and passes on what that part brings about; pages go
/// ring -> pipe -> sink in `Drainer`, as `Streaming` decides, orders and answers by way of `Control`.
struct Agent: ~Copyable {
    private var reactor: AgentReactor
    private var lifetime: Lifetime
    private var streaming: Streaming
    private var control: Control
    private var headers: Headers
    private var ports: PortMonitor
    private var notifier: ServiceNotifier
    private var retryTimer: RetryTimer

    /// Takes over the parts, which watch their own descriptors in `reactor`.
    init(
        _ reactor: consuming AgentReactor, _ lifetime: consuming Lifetime, _ streaming: consuming Streaming,
        _ control: consuming Control, _ headers: Headers, _ ports: consuming PortMonitor,
        _ notifier: consuming ServiceNotifier
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
    }

    /// Serves orders until a signal or a failure ends the agent; then restores settings and logs the summary.
    mutating func run() throws(Failure) {
        do throws(SystemError) {
            try serve()
            streaming.readStats()
        } catch {
            lifetime.end(because: Failure(error))
        }
        streaming.restoreSettings()
        lifetime.finish(report(), isWorkerStuck: streaming.isStuck)
        if let failure = lifetime.failure ?? streaming.outputProblem { throw failure }
    }

    var hasPendingSignal: Bool { lifetime.hasPendingSignal }
    private mutating func serve() throws(SystemError) {
        // Ports that came before their folder was watched were not announced.
        try openPorts()
        ports.startUpIsOver()
        try notifier.ready()
        try notifyStatus()
        if let earlier = lifetime.earlierStream {
            try apply(streaming.resume(earlier, &reactor))
        } else if lifetime.isForeground, !ports.isControlExpected {
            try start()
        }
        try lifetime.begin()
        while !(lifetime.isEnding && streaming.isAtRest) {
            for (source, readiness) in try reactor.wait() { try handle(source, readiness) }
            saveState()
            if control.isSendingHeaders { try sendHeaders() }
            if streaming.isAtRest, let reason = ports.restartReason { try endInOrder(because: reason) }
            try retryTimer.set(nextRetry)
        }
    }

    private mutating func handle(_ source: Source, _ readiness: Readiness) throws(SystemError) {
        switch source {
        case .ring(let index): streaming.ringIsReadable(index)
        case .worker(let index): try apply(streaming.workerCalls(index, &reactor))
        case .sink(let index): try apply(streaming.sinkIsReady(index, readiness))
        case .flushTimer:
            try notifyStatus(ifDue: true, areStatsNew: streaming.flushTimerHasFired(&reactor))
        case .deadline: try apply(streaming.deadlineHasPassed())
        case .control: try carryOutOrders(of: .host)
        case .client(let place):
            if readiness.contains(.readable) { control.noteActivity(ofClient: place) }
            try carryOutOrders(of: .client(place: place))
        case .listener(let index): try control.accept(index, &reactor)
        case .header(let index): try headerIsBuilt(index)
        case .headerTurn: control.beginHeaderTurn()
        case .settings: try streaming.settingsHaveChanged(&reactor)
        case .ringOpener: try apply(streaming.ringsHaveChanged(&reactor))
        case .portsFolder: if try ports.hasFolderChanged() { try openPorts() }
        case .heartbeat:
            if try notifier.isBeatDue(), !streaming.findStuckWorkers() { notifier.alive() }
            try notifyStatus(ifDue: true)
        case .retryTimer: if try retryTimer.hasFired() { try retry() }
        case .durationTimer: if try lifetime.isDurationOver() { try endInOrder() }
        case .command: try endInOrder()
        case .partTimer:
            guard try lifetime.isPartOver(bytes: streaming.bytesSent) else { return }
            try apply(streaming.stop() + streaming.start(&reactor))
        case .signals: try carryOutSignals()
        }
    }

    private mutating func carryOutOrders(of stream: StreamID, afterPause: Bool = false) throws(SystemError) {
        control.beginTurn(stream, afterPause: afterPause)
        while let request = control.nextOrder(stream) {
            let number = control.oweAnswer(to: request, stream)
            switch request.word {
            case .start: try start()
            case .dump where !lifetime.isEnding:
                if streaming.isStopped { try openNewPorts() }
                try apply(streaming.dump(&reactor))
            case .stop, .dump: try apply(streaming.stop())
            case .release: try apply(streaming.release())
            case .metadata: try buildHeaders()
            case .setup, .clear, .tracing: try apply(streaming.change(request.change, number: number))
            case .time: control.answer(TimeAnswer(to: request, clock: streaming.clock), stream)
            case .status:
                guard control.canAnswer(stream) else { continue }
                streaming.readStats()
                control.answer(request, stream, report())
            }
        }
    }

    private mutating func start() throws(SystemError) {
        if lifetime.isEnding { return }
        if streaming.isStopped { try openNewPorts() }
        try apply(streaming.start(&reactor))
    }

    /// Saves what has to outlive the process, if it has changed: before an answer, so that it can be relied on.
    private mutating func saveState() {
        lifetime.save(streaming.resumePoint, control.hostUsesWords) { streaming.ringsAtStart }
    }

    /// Passes on what `streaming` has brought about: one report serves the manager, the log and all answers.
    private mutating func apply(_ effects: [Effect]) throws(SystemError) {
        saveState()
        for effect in effects {
            switch effect {
            case .started(let problem):
                let report = report()
                lifetime.startHasBegun(report)
                notifier.status(report)
                control.answerOwed(report, where: effect.settles, error: problem)
            case .unchanged(let problem), .released(let problem), .changed(_, let problem):
                guard control.isAnyAnswerOwed else { continue }
                streaming.readStats()
                control.answerOwed(report(), where: effect.settles, error: problem)
            case .stopped(let startsNext):
                let report = report(isEndOfStop: true)
                lifetime.stopHasEnded(report, startsNext: startsNext)
                notifier.status(report)
                control.answerOwed(report, where: effect.settles)
                if startsNext { try start() }
            case .triggered: control.notifyHost(lifetime.noteTrigger())
            case .outputFailed(let failure): lifetime.end(because: failure)
            }
        }
        if lifetime.isEnding { try streaming.prepareExit() }
    }

    /// What is known now, by the counters that were read last.
    private mutating func report(isEndOfStop: Bool = false) -> Report {
        var report = streaming.report(ordersRefused: control.refusedCount)
        ports.addPortlessCPUs(to: &report, isEndOfStop: isEndOfStop)
        control.addFacts(to: &report)
        lifetime.addFacts(to: &report)
        return report
    }

    private mutating func buildHeaders() throws(SystemError) {
        if lifetime.isEnding { return }
        for side in headers.build(for: control.awaitingHeader) { control.headerIsBeingMade(for: side) }
    }

    private mutating func headerIsBuilt(_ index: Int) throws(SystemError) {
        guard let header = try headers.headerIsBuilt(index) else { return }
        control.sendHeader(
            Attachment(header.file, bytes: header.bytes), announcedBy: header.line, to: header.audience)
    }

    private mutating func sendHeaders() throws(SystemError) {
        for audience in control.sendHeaders() { try headers.release(audience) }
        try buildHeaders()
    }

    private mutating func openPorts() throws(SystemError) {
        if lifetime.isEnding { return }
        try openControl()
        streaming.findReplacedPorts { sink, cpu in ports.isReplaced(sink, cpu: cpu) }
        try streaming.reopenGonePorts(&reactor) { sink, cpu in ports.reopen(sink, cpu: cpu) }
        try openNewPorts()
    }

    private mutating func openControl() throws(SystemError) {
        guard !control.hasHost, let port = ports.openControl() else { return }
        try control.attach(OrderStream(port.descriptor, kind: port.kind), &reactor)
    }

    private mutating func openNewPorts() throws(SystemError) {
        ports.serveNewPorts { channel throws(SystemError) in try streaming.add(channel, &reactor) }
        try streaming.startNewChannels(&reactor)
    }

    private var nextRetry: Duration? {
        let ports = ports.nextRetry(hasControl: control.hasHost)
        return [streaming.nextRetry, control.nextRetry, headers.nextRetry, notifier.nextRetry, ports]
            .compactMap { $0 }.min()
    }

    private mutating func retry() throws(SystemError) {
        streaming.retry(&reactor)
        control.retry()
        if headers.nextRetry != nil { try buildHeaders() }
        notifier.retry()
        for stream in control.pausedStreams { try carryOutOrders(of: stream, afterPause: true) }
        try control.resumeConnections(&reactor)
        guard ports.isTryDue() else { return }
        try streaming.reopenGonePorts(&reactor) { sink, cpu in ports.reopen(sink, cpu: cpu) }
        if ports.awaitsControl(hasControl: control.hasHost) { try openControl() }
    }

    private mutating func notifyStatus(ifDue: Bool = false, areStatsNew: Bool = false) throws(SystemError) {
        guard ifDue ? notifier.isStatusDue : notifier.wantsStatus else { return }
        if !areStatsNew { streaming.readStats() }
        notifier.status(report())
    }

    private mutating func carryOutSignals() throws(SystemError) {
        for request in try lifetime.requests() {
            switch request {
            case .reload:
                notifier.reloading()
                try openPorts()
                lifetime.hasReloaded(channels: streaming.channelCount)
                notifier.reloaded()
                try notifyStatus()
            case .end: try endInOrder()
            case .endAtOnce(let signal):
                streaming.restoreSettings()
                lifetime.exitBecause(ofSignal: signal)
            }
        }
    }

    private mutating func endInOrder(because reason: Failure? = nil) throws(SystemError) {
        if lifetime.isEnding { return }
        lifetime.end(because: reason)
        notifier.stopping()
        try apply(streaming.stop())
    }
}
