import CommandSupport
import Logging
import Reactor

/// What the agent is made of once everything is open.
struct AgentParts: ~Copyable {
    private let mode: OutputMode
    private let options: CommonOptions
    /// Of a recording, it gets more.
    var lifetime: Lifetime.Parts
    private let settings: RingSettings
    private let rings: [Ring]
    /// `trace_clock`; `nil` if there is none.
    private let clock: FileDescriptor?
    private let log: Logger
    var channels: [Channel] = []
    /// The control port; `nil` if there is none.
    var host: OrderStream?
    /// Where local clients connect.
    var sockets: [LocalSocket] = []
    var ports: OpenedPorts
    /// Makes the channels of ports that come later; `nil` if pages do not go to ports.
    var maker: ChannelMaker?
    /// `nil` if nobody can ask for a header, and the ring buffers stay open.
    var threads: PrivilegedThreads?
    var releasesWhenStopped = false

    init(
        _ mode: OutputMode, _ options: CommonOptions, _ lifetime: consuming Lifetime.Parts,
        _ settings: consuming RingSettings, _ rings: [Ring], clock: consuming FileDescriptor?, _ log: Logger
    ) {
        self.mode = mode
        self.options = options
        self.lifetime = lifetime
        self.settings = settings
        self.rings = rings
        self.clock = clock
        self.log = log
        ports = OpenedPorts(ports: Ports(directory: options.tracing.ports))
    }

    /// Makes the agent, and starts its workers; then the calling thread, the reactor, goes to its own CPUs.
    consuming func makeAgent() throws(Failure) -> Agent {
        let ownCPUs = options.reactorCpu
        let agent = try makeAndStart()
        guard let ownCPUs, let error = CPUMask(ownCPUs.cpus).set(ofThread: callingThreadID) else {
            return agent
        }
        throw Failure(
            .configuration,
            "--reactor-cpu: none of the CPUs \(ownCPUs) can be used: \(error): they are offline, or outside the cpuset (AllowedCPUs=)"
        )
    }

    private consuming func makeAndStart() throws(Failure) -> Agent {
        do throws(SystemError) {
            return try assemble()
        } catch {
            throw Failure(error)
        }
    }

    private consuming func assemble() throws(SystemError) -> Agent {
        let streamingOptions = StreamingOptions(
            mode: mode, instance: options.tracing.instance ?? "", portsFolder: options.tracing.ports,
            flushInterval: options.flushInterval.duration, stopTimeout: options.stop.stopTimeout.duration,
            exitTimeout: options.stop.exitTimeout.duration, losesPipes: lifetime.resumption.losesPipes)
        var reactor = try AgentReactor()
        let lifetime = try Lifetime(lifetime, log: log, &reactor)
        let keeper = try SettingsKeeper(settings, try SettingsReader(rings, clock: clock), log: log, &reactor)
        let hold = try RingHold(threads?.ringOpener, releasesWhenStopped: releasesWhenStopped, &reactor)
        var streaming = try Streaming(streamingOptions, keeper, hold, log: log, &reactor)
        for channel in channels { try streaming.add(channel, &reactor) }
        let control = try Control(
            host: host, hostPath: ports.ports.controlPath, sockets, log: log, &reactor)
        let headers = try Headers(threads?.headerWorker, log: log, &reactor)
        let monitor = try PortMonitor(ports, maker, log: log, &reactor)
        let notifier = try ServiceNotifier(exitTimeout: options.stop.exitTimeout.duration, &reactor)
        return try Agent(reactor, lifetime, streaming, control, headers, monitor, notifier)
    }
}
