import ArgumentParser
import CommandSupport
import ControlProtocol
import Logging

/// The options of the agent itself.
struct Options: ParsableArguments {
    @Flag(name: .short, help: "Write the trace data to standard output instead of the ports.")
    var output = false

    @Option(
        name: [.customShort("s"), .long],
        help: ArgumentHelp(
            "Size of each CPU's pipe, 64K to 1M.",
            discussion: "128 times this is the guest memory that an absent host can pin per port.",
            valueName: "size"))
    var pipeSize = ByteSize(bytes: 64 << 10)

    @Option(
        help: ArgumentHelp(
            "Record this machine into a trace.dat, until Ctrl-C: no ports, no orders.", valueName: "file"))
    var record: String?

    @Option(
        name: [.customShort("e"), .long],
        help: ArgumentHelp(
            "With --record: events to enable meanwhile, such as sched or irq:*; repeatable. (default: if no event is enabled, the main scheduler events)",
            valueName: "events"))
    var event: [String] = []

    @Option(help: ArgumentHelp("With --record or --foreground: end after this time.", valueName: "time"))
    var duration: Interval?

    @Flag(
        help: """
            For debugging at a terminal: without a control port, streaming starts at once and Ctrl-C stops it; \
            without --user, privileges are kept.
            """)
    var foreground = false

    @OptionGroup var rings: RingOptions

    @OptionGroup var stop: StopOptions

    @Option(
        help: ArgumentHelp(
            "Run all workers on these CPUs, for machines with isolated CPUs. (default: each on its own CPU)",
            valueName: "list"))
    var workerCpus: CPUList?

    @Option(
        help: ArgumentHelp(
            "Keep here what the next process of the service has to know: it goes on where this one ends. (default: none)",
            valueName: "file"))
    var state: String?

    @OptionGroup var tracing: TracingOptions

    @OptionGroup var headers: HeaderOptions

    @Option(
        help: ArgumentHelp(
            "The user to become once every file is open. (default: \(WellKnown.user), or nobody if there is no such user)",
            valueName: "name"))
    var user: String?

    @Option(
        help: ArgumentHelp(
            "Listen for local orders here, unless systemd passes a socket. (default: \(WellKnown.socketPath), with --foreground none)",
            valueName: "path"))
    var socket: String?

    @Option(
        help: ArgumentHelp(
            "The least severe messages to log: debug, info, notice, warning, error, ...", valueName: "level"))
    var logLevel = Logger.Level.info

    static let pipeSizes = (64 << 10)...(1 << 20)

    /// Where the pages go.
    var mode: OutputMode {
        if let record { return .record(path: record) }
        return output ? .standardOutput : .ports
    }

    mutating func validate() throws {
        if record != nil {
            if output { throw ValidationError("--record and -o exclude each other") }
            if state != nil {
                throw ValidationError("--record does not outlive its process: not with --state")
            }
            if rings.releaseWhenStopped {
                throw ValidationError(
                    "--record needs the ring buffers to its end: not with --release-when-stopped")
            }
            if user != nil {
                throw ValidationError("--record keeps its privileges to the end: not with --user")
            }
            foreground = true
        }
        if let name = event.first(where: { !Self.isEventName($0) }) {
            throw ValidationError("--event '\(name)': one event, or all of a system, at a time")
        }
        if !event.isEmpty, record == nil { throw ValidationError("--event is for --record") }
        if duration != nil, !foreground {
            throw ValidationError("--duration is for --record and --foreground")
        }
        if let workerCpus, workerCpus.cpus.isEmpty {
            throw ValidationError("--worker-cpus: no CPU in the list")
        }
        if !Self.pipeSizes.contains(pipeSize.bytes) {
            throw ValidationError("the pipe size is 64K to 1M, not \(pipeSize)")
        }
    }

    /// Whether this names one event, all of a system, or all of a name, and disables nothing.
    private static func isEventName(_ name: String) -> Bool {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count <= 2 && !name.contains { $0.isWhitespace || $0 == "!" } && !parts.contains("")
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}
