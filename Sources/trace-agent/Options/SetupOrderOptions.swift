import ArgumentParser
import CommandSupport
import ControlProtocol

/// Whether host and clients may choose what is recorded, and within which bounds.
struct SetupOrderOptions: ParsableArguments {
    @Flag(
        help: """
            Let the host, and clients that may give orders, choose what is recorded: in a trace instance of its own \
            (\(WellKnown.instance), or that of --instance, which is emptied), which the agent makes.
            """)
    var setup = false

    @Option(
        help: ArgumentHelp(
            "With --setup: the events that may be recorded, such as sched,irq:*; no tracer then. (default: all)",
            valueName: "list"))
    var setupEvents: AllowedEvents?

    @Option(
        help: ArgumentHelp(
            "With --setup: the largest ring buffer of a CPU that may be asked for.", valueName: "size"))
    var setupBuffer = ByteSize(bytes: 32 << 20)

    @Option(
        help: ArgumentHelp(
            "With --setup: when this event occurs, as 'sched:sched_process_exit if pid == 7', the recording ends, and what the ring buffers hold is dumped.",
            valueName: "event"),
        transform: Self.trigger)
    var dumpOn: EventChoice?

    private static func trigger(_ text: String) throws -> EventChoice {
        let range = text.firstRange(of: " if ")
        let filter = range.map { String(text[$0.upperBound...]) }
        guard let choice = EventChoice(String(text[..<(range?.lowerBound ?? text.endIndex)]), filter: filter),
            filter?.contains(where: \.isNewline) != true
        else { throw ValidationError("'\(text)' is no event") }
        return choice
    }

    /// Events by names with commas between.
    struct AllowedEvents: ExpressibleByArgument {
        let choices: [EventChoice]

        init?(argument: String) {
            let names = argument.split(separator: ",", omittingEmptySubsequences: false)
            choices = names.compactMap { EventChoice(String($0)) }
            if choices.count != names.count { return nil }
        }
    }

    var limits: SetupLimits {
        SetupLimits(events: setupEvents?.choices, kibibytes: setupBuffer.bytes >> 10)
    }

    func validate() throws {
        if !setup, setupEvents != nil || dumpOn != nil {
            throw ValidationError("--setup-events and --dump-on are for --setup")
        }
        if setupBuffer.bytes < 1 << 20 { throw ValidationError("--setup-buffer: at least 1M") }
    }
}
