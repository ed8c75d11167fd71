import Reactor

/// How the reactor learns that a channel's sink accepts data again.
struct SinkWatch {
    /// The number under which the reactor watches the sink; `nil` if epoll does not take it.
    private var token: Int?
    /// Whether no host is connected to the port.
    private(set) var isAway = false

    /// Watches the sink under `index`.
    init(_ sink: Sink, index: Int, _ reactor: inout AgentReactor) throws(SystemError) {
        token = try reactor.watch(sink.descriptor, for: .once, as: .sink(index)) ? index : nil
    }

    /// Asks for one report.
    ///
    /// The retry timer tries a sink that epoll does not take (a file, /dev/null), and a port whose host is away, which
    /// poll(2) reports for ever.
    ///
    /// - Returns: Whether the host has left since the last call.
    mutating func waitForOutput(of sink: Sink, _ reactor: inout AgentReactor) throws(SystemError) -> Bool {
        let wasAway = isAway
        isAway = isHungUp(sink.descriptor)
        if let token, !isAway {
            try reactor.rearm(sink.descriptor, for: [.writable, .once], as: .sink(token))
        }
        return isAway && !wasAway
    }

    /// When a sink that accepts nothing is to be tried: kernels before the end of 2025 can lose a port's wake-up.
    var retryPeriod: Duration { isAway ? .seconds(1) : .milliseconds(250) }
}
