import Logging
import Reactor

/// The reactor thread: it alone decides what every channel does next.
///
/// A page goes ring -> pipe -> sink in `Drainer`; an order comes in by `hearOrders`, and both meet in `dispatch`.
struct Agent: ~Copyable {
    let options: Options
    let log: Logger
    let ports: Ports
    var settings: RingSettings
    let signals: SignalFD
    var tracked: [TracedChannel] = []
    /// The rings whose CPUs had no port yet.
    var spareRings: [Ring]
    var reactor: Reactor<Source>
    let flushTimer: TimerFD
    let retryTimer: TimerFD
    let deadline: TimerFD
    let heartbeat: TimerFD
    /// `--duration`.
    let end: TimerFD
    let portsFolder: DirectoryWatch
    /// How long the retry timer was set for; `nil` while it does not run.
    var retryPeriod: Duration?

    var state = AgentState.stopped
    /// Whether the stop under way is over time, and only waits for the workers to hand back.
    var hasGivenUp = false
    /// Whether the last stop delivered everything.
    var isComplete = true
    /// A start that came while a stop was being flushed.
    var startsNext = false
    /// Signal, or failure: nothing more is begun.
    var isExiting = false
    /// Whether a worker did not hand its channel back in time.
    var isWorkerStuck = false
    /// Whether everything that was there at the start has been looked at.
    var hasStarted = false
    /// Whether a port has come that only another start lets it use.
    var wantsRestart = false
    /// Why the agent ends, if not because it was asked to.
    var failure: Failure?

    var control: OrderStream?
    /// Whether there was a control port, which is looked for again once it has gone.
    var expectsControl: Bool
    var ordersRefused = 0
    /// The local sockets.
    let listeners: [LocalSocket]
    var clients = Clients()
    var connectionRate = RateLimit(burst: 128, thenOneEvery: .milliseconds(5))
    var areConnectionsPaused = false
    /// What all clients may do together: each order costs the reactor a look at every CPU's account.
    var clientRate = RateLimit(burst: 64, thenOneEvery: .milliseconds(4))
    /// What clients cause.
    var clientEvents: LimitedLog
    /// What systemd has to hear and did not take yet.
    var untold: [String] = []
    /// When the service manager was told the status, and how many bytes had been sent then.
    var toldStatus = (at: ContinuousClock.now, bytes: 0)
    /// Why a CPU's port that is there cannot be used, which is said once.
    var portTroubles: [Int: String] = [:]
    /// What is wrong with the control port, which is said once.
    var controlTrouble: String?
    /// What a recording has switched on: off before the last flush, so that this leaves the rings empty.
    var eventsRecorded: EventSelection?
    /// What is said of what was recorded if the end comes all of a sudden.
    var lastWords: (() -> String)?
    /// Makes headers; none is needed by a recording.
    var headerWorker: HeaderWorker?
    /// Each costs a CPU a tenth of a second: nobody gets more than one a second for long.
    var headerRates = HeaderRequester.allCases.map { _ in RateLimit(burst: 8, thenOneEvery: .seconds(1)) }
    /// Whether a header that is owed has to wait for that.
    var isHeaderPutOff = false
    var headerStates = HeaderRequester.allCases.map { _ in HeaderState.idle }
    /// Readable while somebody gets more of a header.
    let headerTurn: EventFD
    /// Starts, stops, ports that come and go.
    var events: LimitedLog
    /// Orders that are none.
    var refusals: LimitedLog

    init(
        options: Options, log: Logger, ports: Ports, settings: consuming RingSettings,
        signals: consuming SignalFD, spareRings: [Ring], control: OrderStream?, listeners: [LocalSocket]
    ) throws(Failure) {
        let reactor = try explained { () throws(SystemError) in try Reactor<Source>() }
        let flushTimer = try explained(TimerFD.init)
        let retryTimer = try explained(TimerFD.init)
        let deadline = try explained(TimerFD.init)
        let heartbeat = try explained(TimerFD.init)
        let end = try explained(TimerFD.init)
        let headerTurn = try explained { () throws(SystemError) in try EventFD() }
        let portsFolder = try explained(DirectoryWatch.init)
        self.options = options
        self.log = log
        events = LimitedLog(log)
        refusals = LimitedLog(log)
        clientEvents = LimitedLog(log)
        self.ports = ports
        self.settings = settings
        self.signals = signals
        self.spareRings = spareRings
        self.control = control
        expectsControl = control != nil
        self.listeners = listeners
        self.reactor = reactor
        self.flushTimer = flushTimer
        self.retryTimer = retryTimer
        self.deadline = deadline
        self.heartbeat = heartbeat
        self.end = end
        self.headerTurn = headerTurn
        self.portsFolder = portsFolder
    }

    /// Starts a channel's worker, and watches what belongs to it.
    mutating func add(_ channel: Channel) throws(Failure) {
        let index = tracked.count
        let isShared = tracked.contains { $0.channel.sink === channel.sink }
        do throws(SystemError) {
            let losses = LossCount(from: try channel.ring.stats())
            let worker = try Worker(channel)
            let isWatched =
                isShared ? false : try reactor.watch(channel.sink.descriptor, for: .once, as: .sink(index))
            try reactor.watch(channel.readiness.descriptor, for: .readable, as: .readiness(index))
            // Last, because it stays open if something else fails.
            try reactor.watch(channel.ring.descriptor, for: .once, as: .ring(index))
            tracked.append(TracedChannel(worker: worker, losses: losses, sinkIsWatched: isWatched))
        } catch {
            throw Failure(error)
        }
    }

    /// Serves orders until a signal, or a failure, ends it; then puts everything back and sums up.
    mutating func run() throws(Failure) {
        do throws(SystemError) {
            try serveOrders()
            try countLosses()
        } catch {
            failure = Failure(error)
        }
        restoreSettings()
        for line in report().table { log.info("\(line)") }
        if isWorkerStuck, isAnyDraining {
            // Waiting for a thread that a file system holds could take for ever.
            let why = failure?.description ?? "a write of trace data does not end"
            log.error("\(why): exiting without it\(lastWords.map { "; \($0())" } ?? "")")
            exitAtOnce((failure?.status ?? .outputFailed).rawValue)
        }
        if let failure { throw failure }
        if !options.usesPorts, !isComplete {
            throw Failure(
                .outputFailed, "\(options.record ?? "standard output") did not take everything in time")
        }
    }

    private mutating func serveOrders() throws(SystemError) {
        try reactor.watch(signals.descriptor, for: .readable, as: .signals)
        try reactor.watch(flushTimer.descriptor, for: .readable, as: .flushTimer)
        try reactor.watch(retryTimer.descriptor, for: .readable, as: .retryTimer)
        try reactor.watch(deadline.descriptor, for: .readable, as: .deadline)
        try reactor.watch(end.descriptor, for: .readable, as: .end)
        try reactor.watch(portsFolder.descriptor, for: .readable, as: .portsFolder)
        try watchControl()
        try watchListeners()
        try watchHeaders()
        try watchPortsFolder()
        // What has come since the ports were opened was not watched for.
        try lookForPorts()
        hasStarted = true
        try tellReady()
        if options.foreground, !expectsControl { try start() }
        if let duration = options.duration { try end.arm(after: max(duration.duration, .milliseconds(1))) }
        while !isFinished {
            for (source, readiness) in try reactor.wait() { try handle(source, readiness) }
            if isAnyHeaderSent { try sendHeaders() }
            try restartIfWanted()
            try setRetryTimer()
        }
    }

    /// Whether the loop has nothing more to do: exiting, flushed, and every channel handed back or given up.
    private var isFinished: Bool {
        isExiting && state == .stopped && (!isAnyDraining || isWorkerStuck)
    }

    var isAnyDraining: Bool {
        tracked.contains { tracked in
            if case .draining = tracked.state { true } else { false }
        }
    }

    private mutating func handle(_ source: Source, _ readiness: Readiness) throws(SystemError) {
        switch source {
        case .signals: try hearSignal()
        case .control: try hearOrders(from: control)
        case .listener(let index): try acceptClients(index)
        case .client(let place):
            if readiness.contains(.readable) { clients.noteHeard(place) }
            try hearOrders(from: clients[place])
        case .flushTimer:
            if try flushTimer.expirations() > 0 {
                try flushWhatWaits()
                try tellStatusIfDue()
            }
        case .retryTimer: if try retryTimer.expirations() > 0 { try retry() }
        case .deadline: if try deadline.expirations() > 0 { try giveUpStop() }
        case .end: if try end.expirations() > 0 { try endInOrder() }
        case .heartbeat: if try heartbeat.expirations() > 0 { try beat() }
        case .portsFolder: if try portsFolder.drain() { try portsFolderHasChanged() }
        case .header(let index): try headerIsMade(index)
        case .headerTurn: _ = headerTurn.receive()
        case .readiness(let index): try takeBack(index)
        case .ring(let index): if tracked[index].state == .waitingForData { dispatch(index, .drain) }
        case .sink(let index): try sinkIsReady(index, readiness)
        }
    }

    private mutating func hearSignal() throws(SystemError) {
        // Those that come together are one.
        let wasExiting = isExiting
        while let signal = try signals.next() {
            // A terminal that has gone ends what ran in it.
            if signal == SignalFD.hangUp, !options.foreground {
                try reload()
                continue
            }
            if wasExiting {
                restoreSettings()
                if let lastWords { log.error("ended by another signal; \(lastWords())") }
                exitAtOnce(128 + signal)
            }
            if !isExiting { try endInOrder() }
        }
    }

    /// Whether another signal has come.
    var isAskedToEnd: Bool { poll(signals.descriptor, for: .readable, timeout: .zero) }

    /// Flushes what was recorded until now, and exits.
    private mutating func endInOrder() throws(SystemError) {
        isExiting = true
        tellStopping()
        eventsRecorded?.restore()
        try stop()
        try exit()
    }

    /// Ends the loop once nothing moves any more.
    mutating func exit() throws(SystemError) {
        isExiting = true
        startsNext = false
        // A worker hands back at once, unless a file system holds it, which is not waited for.
        if state == .stopped, isAnyDraining { try deadline.arm(after: .seconds(1)) }
    }

    /// Puts `buffer_percent` back, and switches off what a recording has switched on.
    mutating func restoreSettings() {
        eventsRecorded?.restore()
        do throws(SystemError) {
            try settings.restorePercent()
        } catch {
            log.warning("buffer_percent is not put back: \(error)")
        }
    }
}
