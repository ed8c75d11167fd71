import CommandSupport
import ControlProtocol
import Reactor

/// All channels, in the order in which they were added.
struct TracedChannels {
    private var channels: [TracedChannel] = []
    /// How often they were started.
    private(set) var starts = 0
    /// Whether a worker did not hand its channel back in time.
    private var isWorkerStuck = false
    /// Whether an earlier process had read what it did not send: it is lost, unless its pipe was kept.
    private let loses: Bool
    /// Where the streams of an earlier process began that go on, and whose CPUs have no port yet.
    private var earlier: [SavedRing] = []

    /// - Parameter loses: Whether an earlier process had read what it did not send.
    init(loses: Bool = false) { self.loses = loses }

    var indices: Range<Int> { channels.indices }
    var count: Int { channels.count }
    var isEmpty: Bool { channels.isEmpty }

    subscript(index: Int) -> TracedChannel {
        _read { yield channels[index] }
        _modify { yield &channels[index] }
    }

    mutating func add(_ channel: Channel, _ reactor: inout AgentReactor) throws(SystemError) {
        let first = channels.first { $0.sink === channel.sink }
        channels.append(
            try TracedChannel(
                channel, index: channels.count, sharingSinkOf: first, hasLost: loses && !channel.hasKeptPipe,
                &reactor))
        channel.keepPipe()
    }

    // MARK: what they are doing

    var isAnyDraining: Bool { channels.contains(where: \.isDraining) }
    var isAnyIdle: Bool { channels.contains(where: \.isIdle) }
    /// Whether a worker holds on to its channel although it was given up.
    var isAnyStuck: Bool { isWorkerStuck && isAnyDraining }
    /// Whether ticks may come seldom: workers that linger flush by themselves.
    var needFewTicks: Bool { channels.allSatisfy(\.isDraining) }
    /// Whether there is no worker to wait for.
    var areAtRest: Bool { !isAnyDraining || isWorkerStuck }
    /// Whether a stop has nothing to wait for.
    var areFlushed: Bool { channels.allSatisfy(\.isFlushed) }
    /// Whether everything that was taken from the ring buffers has been sent.
    var areDelivered: Bool { channels.allSatisfy(\.isDelivered) }
    /// Whether every ring buffer could be read.
    var areReadable: Bool { channels.allSatisfy { $0.report.state != .unreadable } }
    /// Whether everything that was recorded since the last start has been sent.
    var areComplete: Bool { channels.allSatisfy(\.isComplete) }
    /// Bytes that were sent, or given up.
    var bytesSent: Int { channels.reduce(0) { $0 + $1.channel.bytesDone } }
    /// Bytes of the smallest ring buffer, `nil` if there is none.
    var smallestRing: Int? { channels.map(\.channel.ring.size).min() }
    var nextRetry: Duration? { channels.compactMap(\.nextRetry).min() }
    var warnings: [String] { channels.compactMap(\.warning) }
    var reports: [CPUReport] { channels.map(\.report) }

    /// The channels that write to `sink`.
    func sharing(_ sink: Sink) -> [Int] { indices.filter { channels[$0].sink === sink } }

    /// The counters of the ring buffers when streaming began.
    var ringsAtStart: [SavedRing] { channels.compactMap(\.ringAtStart) + earlier }

    /// What is wrong if no port has come yet: an order may come before the ports do.
    func missingPorts(_ options: StreamingOptions) -> String? {
        isEmpty ? "no CPU has a port in \(options.portsFolder) yet" : nil
    }

    // MARK: what is done to all

    /// Begins to stream; the counters were just read.
    mutating func start(_ reactor: inout AgentReactor) {
        starts += 1
        earlier = []
        for index in indices { channels[index].start(&reactor) }
    }

    /// A worker that has not handed its channel back until now is not waited for.
    mutating func stopWaitingForWorkers() { isWorkerStuck = isAnyDraining }

    /// Goes on with what an earlier process was streaming.
    ///
    /// - Parameter rings: The counters when that began; CPUs whose ports come later go on then.
    mutating func resume(_ rings: [SavedRing]) {
        earlier = rings
        for index in indices { resume(index) }
    }

    private mutating func resume(_ index: Int) {
        guard let place = earlier.firstIndex(where: { $0.cpu == channels[index].cpu }) else { return }
        channels[index].resume(from: earlier.remove(at: place).stats)
    }

    /// Reads the kernel's counters of every ring buffer.
    mutating func readStats(streaming: Bool, _ log: inout LimitedLog) {
        for index in indices { channels[index].readStats(streaming: streaming, &log) }
    }

    /// Starts the channels that were added while pages move: then no other one is idle.
    mutating func startIdle(_ reactor: inout AgentReactor, _ log: inout LimitedLog) {
        for index in indices where channels[index].isIdle {
            channels[index].readStats(streaming: true, &log)
            channels[index].start(&reactor)
            resume(index)
        }
    }

    mutating func retry(in phase: Phase, _ reactor: inout AgentReactor, _ log: inout LimitedLog) {
        for index in indices { channels[index].retry(in: phase, &reactor, &log) }
    }

    mutating func watchAnew(after writes: RingSettings.Writes? = nil, _ reactor: inout AgentReactor) {
        for index in indices { channels[index].watchAnew(after: writes, &reactor) }
    }

    /// - Parameter isFlush: Whether what has waited in the ring buffers is to be sent.
    mutating func tick(isFlush: Bool, _ reactor: inout AgentReactor, _ log: inout LimitedLog) {
        guard isFlush else { return watchAnew(&reactor) }
        for index in indices { channels[index].flushIfAnythingWaits(&reactor, &log) }
    }

    func interrupt() { for channel in channels { channel.interrupt() } }

    /// Notices ports that have gone and come back while nothing was sent to them.
    mutating func findReplacedPorts(_ isReplaced: (Sink, _ cpu: Int) -> Bool) {
        for index in indices where isReplaced(channels[index].sink, channels[index].cpu) {
            channels[index].portIsReplaced()
        }
    }

    /// Tries to open the ports that have gone; `reopen` returns whether the port of a sink is back.
    mutating func reopenGonePorts(
        in phase: Phase, _ reactor: inout AgentReactor, _ log: inout LimitedLog,
        _ reopen: (Sink, _ cpu: Int) -> Result<Bool, Failure>
    ) throws(SystemError) {
        for index in indices where channels[index].isPortGone {
            switch reopen(channels[index].sink, channels[index].cpu) {
            case .success(false): continue
            case .success(true):
                log.log("\(channels[index].sink.name) is back", level: .notice)
                try channels[index].portIsBack(in: phase, &reactor)
            case .failure(let problem): channels[index].portStaysGone(problem, &log)
            }
        }
    }

    /// Goes on with sub-buffers of `size` bytes.
    ///
    /// - Returns: `false` if they do not fit into every pipe.
    func setPageSize(_ size: Int) -> Bool { channels.reduce(true) { $1.channel.setPageSize(size) && $0 } }

    /// Asks every busy worker for a sign of life; whether any has done nothing since the last call.
    mutating func findStuckWorkers(_ log: inout LimitedLog) -> Bool {
        var isAnyStuck = false
        for index in indices where channels[index].checkWorker() {
            isAnyStuck = true
            log.log("the worker of CPU \(channels[index].cpu) is stuck", level: .error)
        }
        return isAnyStuck
    }
}
