import ArgumentParser
import CommandSupport
import ControlProtocol
import Logging

/// The options of the agent itself.
struct Options: ParsableArguments {
    @Flag(name: .short, help: "Write the trace data to standard output instead of the ports.")
    var output = false

    @Option(
        help: ArgumentHelp(
            "Record this machine into a trace.dat, until Ctrl-C: no ports, no orders.", valueName: "file"))
    var record: String?

    @Flag(help: "With --record: replace the file, if there is one.")
    var force = false

    /// For `--record`, and from the start on with `--setup`.
    @OptionGroup var trace: TraceOptions

    @OptionGroup var orders: SetupOrderOptions

    @Flag(
        help: """
            For debugging at a terminal: without a control port, streaming starts at once and Ctrl-C stops it; \
            without --user, privileges are kept.
            """)
    var foreground = false

    @Flag(
        help: """
            Close the ring buffers whenever no page moves, so that others can change current_tracer: a start opens \
            them again.
            """)
    var releaseWhenStopped = false

    @Flag(help: "Make the trace instance of --instance, if there is none: after a boot there is none.")
    var makeInstance = false

    @Option(
        help: ArgumentHelp(
            "Keep here what the next process of the service has to know: it goes on where this one ends. (default: none)",
            valueName: "file"))
    var state: String?

    @OptionGroup var common: CommonOptions

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

    /// Where the pages go.
    var mode: OutputMode {
        output ? .standardOutput : .ports
    }

    /// The trace instance; empty for the top-level ring buffers.
    var instance: String { common.tracing.instance ?? (orders.setup ? WellKnown.instance : "") }

    /// The common options, with the trace instance of `--setup`.
    var tracedCommon: CommonOptions {
        var options = common
        if orders.setup { options.tracing.instance = instance }
        return options
    }

    /// What `--record` asks for; `nil` without it.
    var recordingPlan: RecordingPlan? {
        guard let record else { return nil }
        var plan = RecordingPlan(to: record, common)
        plan.replaces = force
        plan.setup = trace.setup
        return plan
    }

    func validate() throws {
        if let record {
            if record.isEmpty { throw ValidationError("--record: a file has a name") }
            if record == "-" { throw ValidationError("--record: a trace.dat cannot be written to a pipe") }
            if output { throw ValidationError("--record and -o exclude each other") }
            if state != nil {
                throw ValidationError("--record does not outlive its process: not with --state")
            }
            if releaseWhenStopped {
                throw ValidationError(
                    "--record needs the ring buffers to its end: not with --release-when-stopped")
            }
            if user != nil {
                throw ValidationError("--record keeps its privileges to the end: not with --user")
            }
            if orders.setup { throw ValidationError("--record takes no orders: not with --setup") }
        }
        if trace.setup != TraceSetup(), record == nil, !orders.setup {
            throw ValidationError("-e, -f, -p, -C and -b are for --record and --setup")
        }
        if force, record == nil { throw ValidationError("--force is for --record") }
        if makeInstance, common.tracing.instance == nil {
            throw ValidationError("--make-instance is for --instance")
        }
        if common.duration != nil, !foreground, record == nil {
            throw ValidationError("--duration is for --record and --foreground")
        }
    }
}
