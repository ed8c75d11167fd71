import CommandSupport
import ControlProtocol
import Glibc
import Logging
import Reactor
import Support
import TraceFile

@testable import trace_agent

/// `Streaming` in this process, on pipes and sockets: the test plays the kernel, the host, and the agent's loop.
final class StreamingRig {
    let rings: [PipeRing]
    let folder = TemporaryFolder()
    let log = TestLog()
    private var reactor: AgentReactor
    private(set) var streaming: Streaming
    private let guardTimer: TimerFD
    /// What has been brought about since this was last emptied.
    var effects: [Effect] = []

    /// - Parameters:
    ///   - sinks: One a ring; a sink may be there twice.
    ///   - rings: How many rings there are, if not one a sink: the others have no port.
    ///   - pipes: What was kept of an earlier process.
    ///   - loses: Whether that process had read what it did not send.
    ///   - releasesWhenStopped: Whether the rings are released while nothing moves; `nil`: they cannot be.
    init(
        _ sinks: [Sink], mode: OutputMode = .ports, flushInterval: Duration = .zero,
        stopTimeout: Duration = .seconds(20), exitTimeout: Duration = .seconds(20), pageSize: Int = 4096,
        ringKiB: Int = 1024, unreadableStats: [Int] = [], rings count: Int? = nil, pipes: PipeStore = .none,
        loses: Bool = false, releasesWhenStopped: Bool? = nil
    ) throws {
        let log = log.logger
        let folder = folder
        rings = try (0..<(count ?? sinks.count)).map {
            try PipeRing(
                cpu: $0, in: folder, pageSize: pageSize, kiB: ringKiB,
                hasStats: !unreadableStats.contains($0), isNamed: releasesWhenStopped != nil)
        }
        try writeFile("\(folder.path)/header_page", ForeignKernel(pageSize: pageSize).headerPage)
        try writeFile("\(folder.path)/buffer_percent", "77")
        let settings = try RingSettings(
            headerPage: .open("\(folder.path)/header_page", .readOnly),
            bufferPercent: .open("\(folder.path)/buffer_percent", .readWrite))
        var reactor = try AgentReactor()
        let guardTimer = try TimerFD()
        try reactor.watch(guardTimer.descriptor, for: .readable, as: .durationTimer)
        let keeper = try SettingsKeeper(
            settings, try SettingsReader(rings.map(\.ring), clock: nil), log: log, &reactor)
        let ringFolder = RingFolder(
            rings.map(\.ring), folder: NamedFile(try .open(folder.path, .directory), name: "per_cpu"),
            releasesAtOnce: releasesWhenStopped == true)
        let opener = releasesWhenStopped == nil ? nil : try RingOpener(ringFolder)
        let hold = try RingHold(opener, releasesWhenStopped: releasesWhenStopped == true, &reactor)
        var streaming = try Streaming(
            StreamingOptions(
                mode: mode, instance: "", portsFolder: "/ports", flushInterval: flushInterval,
                stopTimeout: stopTimeout, exitTimeout: exitTimeout, losesPipes: loses), keeper, hold,
            log: log, &reactor)
        let maker = ChannelMaker(
            pageSize: pageSize, pipeSize: 64 << 10, flushInterval: flushInterval, pipes: pipes, log: log)
        for (ring, sink) in zip(rings, sinks) { try streaming.add(try maker.make(ring.ring, sink), &reactor) }
        self.reactor = reactor
        self.streaming = streaming
        self.guardTimer = guardTimer
    }

    // MARK: what the agent does

    func start() throws { effects += try streaming.start(&reactor) }
    func resume(_ rings: [SavedRing]) throws { effects += try streaming.resume(rings, &reactor) }
    func stop() throws { effects += try streaming.stop() }
    func dump() throws { effects += try streaming.dump(&reactor) }
    func release() { effects += streaming.release() }
    func retry() { streaming.retry(&reactor) }
    func prepareExit() throws { try streaming.prepareExit() }
    func findStuckWorkers() -> Bool { streaming.findStuckWorkers() }
    /// Tries to open the ports that have gone: the CPUs that were tried.
    ///
    /// - Parameter isBack: Whether all are there again.
    @discardableResult
    func reopenGonePorts(isBack: Bool = true) throws -> [Int] {
        var tried: [Int] = []
        try streaming.reopenGonePorts(&reactor) { _, cpu in
            tried.append(cpu)
            return .success(isBack)
        }
        return tried
    }
    func readStats() { streaming.readStats() }

    var report: Report { streaming.report(ordersRefused: 0) }
    var states: [CPUState] { report.cpus.map(\.state) }
    var totals: Counts { report.totals }
    func percent() throws -> String { try readText("\(folder.path)/buffer_percent") }
    func changePageSize(to size: Int) throws {
        try writeFile("\(folder.path)/header_page", ForeignKernel(pageSize: size).headerPage)
    }

    /// Handles events as the agent's loop does, until `condition` holds; what never comes fails the test.
    func run(until condition: (StreamingRig) throws -> Bool) throws {
        try guardTimer.arm(after: .seconds(20))
        while try !condition(self) {
            for (source, readiness) in try reactor.wait() {
                switch source {
                case .ring(let index): streaming.ringIsReadable(index)
                case .worker(let index): effects += try streaming.workerCalls(index, &reactor)
                case .sink(let index): effects += try streaming.sinkIsReady(index, readiness)
                case .flushTimer: _ = try streaming.flushTimerHasFired(&reactor)
                case .deadline: effects += try streaming.deadlineHasPassed()
                case .durationTimer: throw TestFailure("no event for 20 seconds: \(report)")
                case .ringOpener: effects += try streaming.ringsHaveChanged(&reactor)
                case .heartbeat: break
                default: throw TestFailure("nothing watches \(source)")
                }
            }
        }
    }

    /// The same, and tries what no event announces, as the agent's retry timer does.
    func runRetrying(until condition: (StreamingRig) throws -> Bool) throws {
        let timer = try TimerFD()
        try reactor.watch(timer.descriptor, for: .readable, as: .heartbeat)
        try timer.arm(after: .milliseconds(2), every: .milliseconds(2))
        try run { rig in
            _ = try timer.expirations()
            rig.retry()
            return try condition(rig)
        }
    }

    /// Adds a channel that goes to `sink`, as for a port that has come.
    func add(_ sink: Sink) throws -> PipeRing {
        let ring = try PipeRing(cpu: rings.count, in: folder)
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let maker = ChannelMaker(pageSize: 4096, pipeSize: 64 << 10, log: log)
        try streaming.add(try maker.make(ring.ring, sink), &reactor)
        return ring
    }

    /// Adds a channel for one of the rings, as for a port that comes late.
    func serve(cpu: Int, _ sink: Sink) throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let maker = ChannelMaker(pageSize: 4096, pipeSize: 64 << 10, log: log)
        try streaming.add(try maker.make(rings[cpu].ring, sink), &reactor)
    }

    func startNewChannels() throws { try streaming.startNewChannels(&reactor) }

    /// Handles what has happened until now.
    func runPending() throws {
        let pending = try TimerFD()
        try reactor.watch(pending.descriptor, for: .readable, as: .heartbeat)
        try pending.arm(after: .milliseconds(1))
        try run { _ in try pending.expirations() > 0 }
    }

    /// Handles events until a stop has ended; what it has brought about.
    func runUntilStopped() throws -> [Effect] {
        try run { $0.streaming.isStopped }
        defer { effects.removeAll() }
        return effects
    }
}

/// A pipe as a sink, and its reader; it accepts part of a page where it has no room for more.
final class PipeSink {
    let sink: Sink
    private var readEnd: FileDescriptor?
    private(set) var received: [UInt8] = []

    init(size: Int = 1 << 20, turn: Turn? = nil) throws {
        let pipe = try Pipe(size: size)
        sink = Sink(FileDescriptor(owning: dup(pipe.writeEnd.rawValue)), name: "pipe", turn: turn)
        readEnd = FileDescriptor(owning: dup(pipe.readEnd.rawValue))
    }

    /// Reads what is there.
    @discardableResult
    func read() throws -> [UInt8] {
        if let number = readEnd?.rawValue { received += try readAll(FileDescriptor(owning: dup(number))) }
        return received
    }

    func numbers(of cpu: Int = 0) throws -> [Int]? { PipeRing.numbers(in: try read(), of: cpu) }

    /// Ends the reader's side.
    func close() { readEnd = nil }

    /// Another pipe in the place of the one that broke, as `Ports.reopen` makes it.
    func reconnect() throws {
        let pipe = try Pipe(size: 1 << 20)
        try sink.descriptor.replace(with: FileDescriptor(owning: dup(pipe.writeEnd.rawValue)))
        readEnd = FileDescriptor(owning: dup(pipe.readEnd.rawValue))
    }
}

/// A socket as a sink, and its other end, in the place of a port whose host comes and goes.
final class SocketSink {
    let sink: Sink
    private(set) var other: FileDescriptor?

    /// - Parameter isBlocking: A splice to it waits, as a write into a file system that does not answer.
    init(isBlocking: Bool = false) throws {
        let ends = try Self.pair(isBlocking: isBlocking)
        sink = Sink(FileDescriptor(owning: ends.near), name: "socket")
        other = FileDescriptor(owning: ends.far)
    }

    private static func pair(isBlocking: Bool) throws -> (near: CInt, far: CInt) {
        var ends: [CInt] = [-1, -1]
        let kind = CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { throw TestFailure("no socket pair") }
        if !isBlocking { _ = fcntl(ends[0], F_SETFL, fcntl(ends[0], F_GETFL) | O_NONBLOCK) }
        _ = fcntl(ends[1], F_SETFL, fcntl(ends[1], F_GETFL) | O_NONBLOCK)
        return (ends[0], ends[1])
    }

    /// Reads what is there.
    func read() throws -> [UInt8] {
        guard let number = other?.rawValue else { return [] }
        return try readAll(FileDescriptor(owning: dup(number)))
    }

    func close() { other = nil }

    /// Another connection in the place of the one that broke, as `Ports.reopen` makes it.
    func reconnect() throws {
        let ends = try Self.pair(isBlocking: false)
        try sink.descriptor.replace(with: FileDescriptor(owning: ends.near))
        other = FileDescriptor(owning: ends.far)
    }
}
